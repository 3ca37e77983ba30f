"""What holds for every event: examples, rates, and the same detections whichever way bars come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from patterns.analysis import Detection
from patterns.definitions import DAILY
from patterns.engine import WARM_BARS, LiveEngine
from patterns.evaluate import analyse_history
from patterns.matrix import BarMatrix, align_right
from patterns.registry import EVENTS, Registry, load_detectors, standard
from tests.patterns.bars import as_matrix, session_start, walk
from tests.patterns.detectors.events.found import ALL, run

NAMES = [f"S{n}" for n in range(12)]
TYPES = [d.pattern_type for module in EVENTS for d in load_detectors(f"events.{module}")]
MOST = 0.005


def every_event(weak: bool = True) -> Registry:
    part = standard().only([], TYPES)
    if not weak:
        return part
    return Registry(part.indicators, [d.with_parameters(ALL) for d in part.detectors])


def keys(detections: list[Detection]) -> set[tuple]:
    return {
        (d.pattern_type, d.symbol, d.bar_time_ms, d.direction, d.confidence, repr(d.pattern_data))
        for d in detections
    }


@pytest.mark.parametrize("pattern_type", TYPES)
def test_the_example_is_detected_on_its_last_bar(pattern_type):
    part = standard().only([], [pattern_type])
    detector = part.detector(pattern_type)
    made = run(detector.example, part, 0, lambda ms: 0, detector.timeframes[0])
    assert len(detector.example) - 1 in made
    assert detector.title
    assert detector.family in ("breakout", "gap", "volume", "momentum", "session")


@pytest.mark.parametrize("pattern_type", TYPES)
def test_every_parameter_can_be_set_to_its_bounds(pattern_type):
    detector = standard().detector(pattern_type)
    for name in detector.parameters:
        for value in detector.bound(name):
            changed = detector.with_parameters({name: value})
            assert changed.parameters[name] == value
            assert changed.lookback <= (253 if detector.timeframes == DAILY else 220)


def test_bar_by_bar_and_after_a_restart_the_events_are_those_of_history():
    minutes = walk(len(NAMES), 560, seed=8, traded=0.95)
    registry = every_event().for_timeframe("1m")
    matrix = as_matrix(minutes, NAMES)
    _, blocks = analyse_history(matrix, registry)
    history = keys([d for hits in blocks for d in hits.detections(NAMES, "1m")])

    live = LiveEngine(NAMES, registry, session_start)
    found = [keys(live.close(bars).found) for bars in minutes]
    assert set.union(*found) == history

    restart = 520
    before = as_matrix(minutes[:restart], NAMES)
    again = LiveEngine(NAMES, registry, session_start)
    again.warm(before.take(range(len(NAMES))) if before.bars <= WARM_BARS else last(before))
    after = [keys(again.close(bars).found) for bars in minutes[restart:]]
    assert after == found[restart:]
    kinds = {key[0] for key in history}
    assert len(kinds) > 15


def last(matrix: BarMatrix) -> BarMatrix:
    """The last 400 bars of each symbol."""
    row, bar = np.nonzero(matrix.time_ms >= 0)
    sides = ("open", "high", "low", "close", "volume", "vwap", "time_ms", "partial")
    columns = {name: getattr(matrix, name)[row, bar] for name in sides}
    return align_right(matrix.symbols, row, columns, session_start, WARM_BARS)


def daily_walk(symbols: int = 60, bars: int = 1000, steps: int = 20) -> BarMatrix:
    """Random walks of days: 20 steps of 0.2 % a day, and half of a day's move over night."""
    rng = np.random.default_rng(3)
    moves = rng.normal(0, 0.01 / np.sqrt(steps), (symbols, bars, steps))
    moves[:, :, 0] += rng.normal(0, 0.005, (symbols, bars))
    price = 50 * np.exp(np.cumsum(moves.reshape(symbols, -1), axis=1)).reshape(moves.shape)
    columns = {
        "open": price[:, :, 0].ravel(),
        "high": price.max(axis=2).ravel(),
        "low": price.min(axis=2).ravel(),
        "close": price[:, :, -1].ravel(),
        "volume": np.round(rng.lognormal(8, 0.5, symbols * bars)),
        "time_ms": np.tile(np.arange(bars, dtype=np.int64) * 86_400_000, symbols),
    }
    row = np.repeat(np.arange(symbols), bars)
    return align_right([f"W{n}" for n in range(symbols)], row, columns, lambda ms: ms)


@pytest.mark.parametrize("market", ["real", "random"])
def test_each_event_is_rare(market, daily):
    # The fixture has sessions of a week; a day is one here.
    real = replace(daily, session_ms=daily.time_ms)
    matrix = real if market == "real" else daily_walk()
    _, blocks = analyse_history(matrix, every_event(weak=False).for_timeframe("1d"))
    bars = matrix.count.sum()
    share = {hits.detector.pattern_type: len(hits) / bars for hits in blocks}
    assert {name: value for name, value in share.items() if value > MOST} == {}
    if market == "real":
        assert set(share) == {n for n in TYPES if "1d" in standard().detector(n).timeframes}
