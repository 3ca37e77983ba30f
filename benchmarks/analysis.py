"""How long the analysis of one minute takes, beside TA-Lib called symbol by symbol.

    python -m benchmarks.analysis [--symbols 11000] [--minutes 20]

Prints the live engine's time to append a minute's bars and to compute every registered indicator
and detector, and TA-Lib's for those of them that it has, over the same last 64 bars, in one run.
One core: nothing here starts threads.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Figure, lines
from patterns.engine import LiveEngine
from patterns.registry import standard

MINUTE_MS = 60_000
START_MS = 1_700_000_040_000
BARS = 64
GOAL_MS = 100.0


@dataclass(frozen=True)
class Minute:
    """Bars of one minute."""

    minute_ms: int
    symbol_id: NDArray[np.int32]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    vwap: NDArray[np.float64]
    is_partial: NDArray[np.bool_]


def made_up_minutes(symbols: int, count: int) -> list[Minute]:
    """Random walks in cents; every symbol trades in every minute, the worst case."""
    rng = np.random.default_rng(1)
    price = np.full(symbols, 100.0)
    minutes = []
    for number in range(count):
        steps = np.round(rng.normal(0, 0.08, (3, symbols)), 2)
        close = price + steps[0]
        high = np.maximum(price, close) + np.abs(steps[1])
        low = np.minimum(price, close) - np.abs(steps[2])
        volume = np.round(rng.lognormal(5, 1, symbols))
        minutes.append(
            Minute(
                minute_ms=START_MS + number * MINUTE_MS,
                symbol_id=np.arange(symbols, dtype=np.int32),
                open=price,
                high=high,
                low=low,
                close=close,
                volume=volume,
                vwap=(high + low + close) / 3,
                is_partial=np.zeros(symbols, np.bool_),
            )
        )
        price = close
    return minutes


def talib_calls() -> list[Callable[..., Any]]:
    """TA-Lib's functions for the registered definitions that it has."""
    import talib

    candles = ("ENGULFING", "HAMMER", "HANGINGMAN", "DOJI", "MORNINGSTAR", "EVENINGSTAR")
    return [
        lambda o, h, lo, c: talib.RSI(c, 14),
        lambda o, h, lo, c: talib.SMA(c, 20),
        lambda o, h, lo, c: talib.SMA(c, 50),
        lambda o, h, lo, c: talib.EMA(c, 12),
        lambda o, h, lo, c: talib.EMA(c, 26),
        lambda o, h, lo, c: talib.MACD(c),
        lambda o, h, lo, c: talib.BBANDS(c, 20),
        lambda o, h, lo, c: talib.ATR(h, lo, c, 14),
        *(getattr(talib, f"CDL{name}") for name in candles),
    ]


def talib_seconds(minutes: list[Minute]) -> float:
    """Seconds for TA-Lib over each symbol's last `BARS` bars."""
    sides = [
        np.ascontiguousarray(np.stack([getattr(m, name) for m in minutes[-BARS:]], axis=1))
        for name in ("open", "high", "low", "close")
    ]
    calls = talib_calls()
    begun = time.perf_counter()
    for bars in zip(*sides, strict=True):
        for call in calls:
            call(*bars)
    return time.perf_counter() - begun


def engine_seconds(minutes: list[Minute], measured: int) -> tuple[NDArray[np.float64], int]:
    """Seconds of each of the last `measured` closes, and detections in the last."""
    names = [f"S{row}" for row in range(len(minutes[0].symbol_id))]
    engine = LiveEngine(names, standard(), lambda time_ms: time_ms - time_ms % 86_400_000)
    seconds = []
    for minute in minutes:
        begun = time.perf_counter()
        analysis = engine.close(minute)
        seconds.append(time.perf_counter() - begun)
    return np.array(seconds[-measured:]), analysis.detection_count


def measure(symbols: int, count: int) -> list[Figure]:
    """Milliseconds of one minute's analysis, beside TA-Lib's."""
    minutes = made_up_minutes(symbols, BARS + count)
    taken, detections = engine_seconds(minutes, count)
    milliseconds = (taken * 1e3).tolist()
    registry = standard()
    return [
        Figure(
            name=f"analysis of one minute, {symbols:,} symbols",
            value=float(np.median(milliseconds)),
            unit="ms",
            goal=GOAL_MS,
            reference=talib_seconds(minutes) * 1e3,
            reference_name="TA-Lib, one by one; VWAP, volume, session left out",
            spread=(min(milliseconds), max(milliseconds)),
            detail={
                "indicator values a symbol": len(registry.shown),
                "detectors": len(registry.detectors),
                "detections in the last minute": detections,
            },
        )
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--symbols", type=int, default=11_000)
    parser.add_argument("--minutes", type=int, default=20)
    options = parser.parse_args()
    for figure in measure(options.symbols, options.minutes):
        print("\n".join(lines(figure)))


if __name__ == "__main__":
    main()
