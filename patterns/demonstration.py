"""Definitions at work on made-up bars: a detector on its example, an indicator on a plain market.

It is what the catalogue draws. The bars go the way of live ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from patterns.analysis import Detection, tier_of
from patterns.context import EXPECTED_VOLUME
from patterns.context import NAMES as CONTEXT
from patterns.definitions import Detector, Indicator
from patterns.engine import LiveEngine
from patterns.evaluate import analyse_history
from patterns.examples import Bar, Chart
from patterns.matrix import BarMatrix, SessionStart, align_right
from patterns.registry import Registry
from patterns.views import Floats

SYMBOL = "EXAMPLE"
START_MS = 1_767_623_400_000  # 2026-01-05 09:30 in New York, a Monday
MINUTE_MS, DAY_MS = 60_000, 86_400_000
FIVE_MINUTES_MS = 5 * MINUTE_MS
BARS_A_SESSION = 78
SHOWN_BARS = 110
SYMBOLS = 9
SESSIONS_BEFORE = 2


@dataclass(frozen=True, slots=True)
class Demonstration:
    """Bars, and what was found on the last of them, or computed from them.

    outputs: by name, one value a bar; NaN during the warm-up.
    """

    bars: Chart
    times_ms: tuple[int, ...]
    detection: Detection | None = None
    outputs: dict[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """How an example's bars follow one another."""

    timeframe: str
    step_ms: int
    session_start: SessionStart


MINUTES = Kind("1m", MINUTE_MS, lambda time_ms: START_MS)
DAYS = Kind("1d", DAY_MS, lambda time_ms: time_ms)


def demonstrate(detector: Detector, registry: Registry) -> Demonstration:
    """The detector's example and the detection on its last bar.

    Its bars are the minutes of one session or, where nothing is found in that, days.
    """
    if not detector.example:
        return Demonstration((), ())
    kinds = (kind for kind in (MINUTES, DAYS) if kind.timeframe in detector.timeframes)
    tries = [_found(detector, registry, kind) for kind in kinds]
    return next((found for found in tries if found.detection is not None), tries[0])


def _found(detector: Detector, registry: Registry, kind: Kind) -> Demonstration:
    bars, session_start = detector.example, kind.session_start
    times_ms = tuple(START_MS + number * kind.step_ms for number in range(len(bars)))
    wanted = tuple(name for name in detector.inputs if name not in CONTEXT)
    inputs = registry.only(outputs=wanted).indicators
    engine = LiveEngine([SYMBOL], Registry(inputs, (detector,)), session_start, kind.timeframe)
    if len(bars) > 1:
        engine.warm(_matrix([bars[:-1]], times_ms[:-1], session_start))
    (hits,) = engine.close(_minute(bars[-1], times_ms[-1])).hits or (None,)
    found = iter(()) if hits is None else hits.detections([SYMBOL], kind.timeframe)
    return Demonstration(bars, times_ms, next(found, None))


def _minute(bar: Bar, time_ms: int) -> Any:
    """One symbol's bar as the stream would hand it over."""
    names = ("open", "high", "low", "close", "volume")
    columns = {name: np.array([value]) for name, value in zip(names, bar, strict=True)}
    return SimpleNamespace(
        minute_ms=time_ms,
        symbol_id=np.zeros(1, np.int32),
        vwap=np.array([_typical(bar)]),
        is_partial=np.zeros(1, np.bool_),
        **columns,
    )


def _typical(bar: Bar) -> float:
    return (bar[1] + bar[2] + bar[3]) / 3.0


def _matrix(
    charts: list[Chart], times_ms: tuple[int, ...], session_start: SessionStart
) -> BarMatrix:
    """Charts of equal length as history, one symbol each."""
    table = np.array(charts, np.float64)
    names = ("open", "high", "low", "close", "volume")
    columns: dict[str, Any] = {name: table[:, :, n].reshape(-1) for n, name in enumerate(names)}
    columns["vwap"] = table[:, :, 1:4].sum(axis=2).reshape(-1) / 3.0
    columns["time_ms"] = np.tile(np.array(times_ms, np.int64), len(charts))
    rows = np.repeat(np.arange(len(charts)), len(times_ms))
    symbols = [SYMBOL, *(f"{SYMBOL}{n}" for n in range(1, len(charts)))]
    return align_right(symbols, rows, columns, session_start)


def made_up_market(bars: int, symbols: int = SYMBOLS) -> list[Chart]:
    """Walks around 2,000 with waves of several lengths; the same at every call."""
    return [_walk(bars, seed) for seed in range(symbols)]


def _walk(bars: int, seed: int) -> Chart:
    dice = np.random.default_rng(20260105 + seed)
    steps = dice.normal(0.0, 6.0, (bars, 4))
    made: list[Bar] = []
    before = drift = 2000.0
    for n in range(bars):
        # Counted from the end, so that what is shown is the same with a longer warm-up.
        phase = (n - bars) / 23.0 + seed
        drift += 0.2 * float(steps[n, 0])
        close = drift + 55.0 * math.sin(phase) + 20.0 * math.sin(2.7 * phase) + float(steps[n, 1])
        night = 3.0 * float(steps[n, 2] + steps[n, 3]) if n % BARS_A_SESSION == 0 else 0.0
        opened = before + night
        high = max(opened, close) + abs(float(steps[n, 2]))
        low = min(opened, close) - abs(float(steps[n, 3]))
        volume = 20_000.0 + 900.0 * abs(close - before) + 8_000.0 * abs(float(steps[n, 0]))
        made.append((opened, high, low, close, volume))
        before = close
    return tuple(made)


def demonstrate_indicator(indicator: Indicator, registry: Registry) -> Demonstration:
    """The indicator over the last `SHOWN_BARS` bars of a made-up market, after its warm-up."""
    daily = {tier_of(timeframe) for timeframe in indicator.timeframes} == {"daily"}
    time_of, session_start = _calendar(daily)
    length = max(indicator.warm_up, indicator.lookback) + SHOWN_BARS
    # Whole sessions, and some before those that are shown: there are values that need them.
    length += -length % BARS_A_SESSION + SESSIONS_BEFORE * BARS_A_SESSION
    times_ms = tuple(map(time_of, range(length)))
    charts = made_up_market(length)
    given = {EXPECTED_VOLUME: _expected_volume(charts)}
    matrix = _matrix(charts, times_ms, session_start)
    found, _ = analyse_history(matrix, registry.only(indicator.outputs), given=given)
    return Demonstration(
        charts[0][-SHOWN_BARS:],
        times_ms[-SHOWN_BARS:],
        outputs={name: found[name][0, -SHOWN_BARS:] for name in indicator.outputs},
    )


def _expected_volume(charts: list[Chart]) -> Floats:
    """Mean volume at each bar of the session over the sessions before; NaN in the first."""
    volume = np.array(charts, np.float64)[:, :, 4]
    sessions = volume.reshape(len(charts), -1, BARS_A_SESSION)
    before = np.cumsum(sessions, axis=1) - sessions
    count = np.arange(sessions.shape[1])[None, :, None]
    mean = np.where(count > 0, before / np.maximum(count, 1), np.nan)
    return np.asfortranarray(mean.reshape(volume.shape))


def _calendar(daily: bool) -> tuple[Callable[[int], int], SessionStart]:
    """Times of bars by number, and the session of a time: days, or sessions of 5-minute bars."""
    if daily:
        return (lambda n: START_MS + n * DAY_MS), (lambda time_ms: time_ms)

    def time_of(n: int) -> int:
        day, bar = divmod(n, BARS_A_SESSION)
        return START_MS + day * DAY_MS + bar * FIVE_MINUTES_MS

    return time_of, lambda time_ms: START_MS + (time_ms - START_MS) // DAY_MS * DAY_MS
