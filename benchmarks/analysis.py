"""How long the analysis of one minute takes, beside TA-Lib called symbol by symbol.

    python -m benchmarks.analysis [--symbols 11000] [--minutes 20]

Prints the live engine's time to append a minute's bars and to compute every registered indicator
and detector of one timeframe, then only those that TA-Lib has, and TA-Lib's for these, over the
same last bars, in one run. Processor time: nothing here starts threads or waits for anybody.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import talib_calls
from benchmarks.figures import Figure, lines
from patterns.analysis import MinuteAnalysis
from patterns.engine import LiveEngine
from patterns.matrix import align_right
from patterns.registry import Registry, standard
from patterns.views import FLOAT_FIELDS

MINUTE_MS = 60_000
START_MS = 1_700_000_040_000
BARS = 64
"""What TA-Lib is given of each symbol; too little for its 200-bar mean, which favours it."""
WARM_BARS, SETTLING = 230, 5
SHARE, FEWEST = 10, 500
"""TA-Lib runs over a share of the symbols, and its time is scaled up."""
GOAL_MS = 100.0
REFERENCE = "TA-Lib one by one: 61 candlesticks and the indicators that it has"


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


def talib_seconds(minutes: list[Minute], symbols: int) -> float:
    """Processor time of TA-Lib over the last `BARS` bars of the first `symbols`."""
    sides = [
        np.ascontiguousarray(np.stack([getattr(m, name)[:symbols] for m in minutes[-BARS:]], 1))
        for name in ("open", "high", "low", "close", "volume")
    ]
    return talib_calls.cpu_seconds(zip(*sides, strict=True))


def engine_seconds(
    minutes: list[Minute], registry: Registry, measured: int
) -> tuple[NDArray[np.float64], MinuteAnalysis]:
    """Processor time of each of the last `measured` closes, and the last analysis."""
    names = [f"S{row}" for row in range(len(minutes[0].symbol_id))]
    engine = LiveEngine(names, registry, lambda time_ms: time_ms - time_ms % 86_400_000)
    warm(engine, minutes[: -measured - SETTLING])
    seconds = []
    for minute in minutes[-measured - SETTLING :]:
        begun = time.process_time()
        analysis = engine.close(minute)
        seconds.append(time.process_time() - begun)
    return np.array(seconds[-measured:]), analysis


def warm(engine: LiveEngine, minutes: list[Minute]) -> None:
    """What these minutes would have left in the engine's memory, detections left out."""
    names = engine.symbols
    columns: dict[str, Any] = {
        field: np.stack([getattr(minute, field) for minute in minutes]).reshape(-1)
        for field in (*FLOAT_FIELDS, "is_partial")
    }
    columns["partial"] = columns.pop("is_partial")
    columns["time_ms"] = np.repeat([minute.minute_ms for minute in minutes], len(names))
    row = np.tile(np.arange(len(names)), len(minutes))
    order = np.lexsort((columns["time_ms"], row))
    ordered = {name: values[order] for name, values in columns.items()}
    engine.warm(align_right(names, row[order], ordered, engine.session_start))


def measure(symbols: int, count: int) -> list[Figure]:
    """Milliseconds of one minute's analysis of one timeframe, beside TA-Lib's."""
    minutes = made_up_minutes(symbols, WARM_BARS + SETTLING + count)
    some = max(symbols // SHARE, min(symbols, FEWEST))
    reference = talib_seconds(minutes, some) * symbols / some * 1e3
    made = [
        _figure("analysis of one minute", standard(), minutes, count, GOAL_MS),
        _figure(
            "the same outputs as TA-Lib", talib_calls.same_outputs(), minutes, count, reference / 10
        ),
    ]
    return [replace(figure, reference=reference, reference_name=REFERENCE) for figure in made]


def _figure(
    name: str, registry: Registry, minutes: list[Minute], count: int, goal: float
) -> Figure:
    taken, last = engine_seconds(minutes, registry, count)
    milliseconds = (taken * 1e3).tolist()
    return Figure(
        name=f"{name}, {len(last.symbols):,} symbols",
        value=float(np.median(milliseconds)),
        unit="ms",
        goal=goal,
        spread=(min(milliseconds), max(milliseconds)),
        detail={
            "indicator values a symbol": len(last.names),
            "detectors": len(last.pattern_types),
            "detections in the last minute": last.detection_count,
        },
    )


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
