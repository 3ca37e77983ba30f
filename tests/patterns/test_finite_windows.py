"""A detector reads the bars that it declares and no others: with those alone it says the same."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from patterns.analysis import Detection
from patterns.definitions import Detector
from patterns.evaluate import analyse_history, quiet
from patterns.history import HistoryView
from patterns.indicators import opening_range, pivots, session_range, squeeze_run, vwap_run
from patterns.matrix import BarMatrix, align_right
from patterns.registry import Registry, standard
from patterns.views import FLOAT_FIELDS, Ints
from tests.patterns.bars import as_matrix, walk
from tests.patterns.proofs import all_detections

SYMBOLS = [f"S{row}" for row in range(24)]
SWING_BARS = pivots.QUIET + pivots.MAX_AGE + 2 * pivots.REACH + 3
"""Recursion, but one that forgets: without a high and a low in QUIET bars there are no swings, so
after that many bars the alternation is the same, and after MAX_AGE more every older swing is gone.
"""
SQUEEZE_BARS = squeeze_run.BARS + squeeze_run.LONGEST + 1
"""A squeeze is counted up to LONGEST bars."""
RECURSIONS = {
    pivots.KIND: SWING_BARS,
    squeeze_run.RUN: SQUEEZE_BARS,
}
OF_THE_SESSION = {
    session_range.BARS,
    *(name for i in vwap_run.DEFINITIONS for name in i.outputs),
    *(name for i in opening_range.DEFINITIONS for name in i.outputs),
}
MOST_POINTS = 60


def window(detector: Detector) -> int:
    """The bars that it may read, without those of the session under way."""
    read = (RECURSIONS.get(name, 0) for name in detector.inputs)
    return max(detector.lookback, *read, 0)


@cache
def whole() -> Registry:
    """Detectors that say of every bar whether they find something there, whatever came before."""
    registry = standard()
    detectors = (replace(d, cool_down=0, min_confidence=0.0) for d in registry.detectors)
    return Registry(registry.indicators, detectors)


@cache
def minutes() -> tuple[BarMatrix, dict[str, list[Detection]]]:
    matrix = as_matrix(walk(len(SYMBOLS), 420, seed=21, traded=0.95), SYMBOLS)
    return matrix, by_pattern(matrix, "1m")


@pytest.fixture(scope="module")
def days(daily: BarMatrix) -> tuple[BarMatrix, dict[str, list[Detection]]]:
    matrix = daily.take(range(5, 505, 20))
    return matrix, by_pattern(matrix, "1d")


def by_pattern(matrix: BarMatrix, timeframe: str) -> dict[str, list[Detection]]:
    _, hits = analyse_history(matrix, whole(), timeframe)
    found: dict[str, list[Detection]] = {}
    for detection in all_detections(hits, matrix, timeframe):
        found.setdefault(detection.pattern_type, []).append(detection)
    return found


def cut_before(matrix: BarMatrix, row: Ints, last: Ints, first: Ints) -> BarMatrix:
    """A symbol for each point: its bars from column `first` to column `last`, and no others."""
    lengths = last - first + 1
    place = np.repeat(np.arange(len(row)), lengths)
    back = np.arange(len(place)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    at = np.repeat(row, lengths), np.repeat(first, lengths) + back
    columns = {name: getattr(matrix, name)[at] for name in (*FLOAT_FIELDS, "time_ms", "partial")}
    sessions = dict(zip(matrix.time_ms.flat, matrix.session_ms.flat, strict=True))
    names = [f"P{number}" for number in range(len(row))]
    return align_right(names, place, columns, sessions.__getitem__)


def points(matrix: BarMatrix, found: list[Detection], bars: int) -> tuple[Ints, Ints, Ints]:
    """(row, column, first column) of detections, and of bars without one, that have `bars` bars.

    The first column lies `bars` back, or where the session begins if that is earlier.
    """
    rng = np.random.default_rng(5)
    rows = {name: row for row, name in enumerate(matrix.symbols)}
    chosen = [found[i] for i in rng.permutation(len(found))[:MOST_POINTS]]
    row = np.array([rows[d.symbol] for d in chosen], np.int64)
    times = np.array([d.bar_time_ms for d in chosen], np.int64)
    last = (matrix.time_ms[row] == times[:, None]).argmax(axis=1) if len(row) else row
    row = np.concatenate([row, rng.integers(0, len(matrix.symbols), MOST_POINTS)])
    last = np.concatenate([last, rng.integers(bars, matrix.bars, MOST_POINTS)])
    same = matrix.session_ms[row] == matrix.session_ms[row, last][:, None]
    first = np.minimum(last - bars + 1, same.argmax(axis=1))
    enough = first >= (matrix.bars - matrix.count)[row]
    return row[enough], last[enough], first[enough]


def assert_window_is_true(
    matrix: BarMatrix, found: list[Detection], detector: Detector, timeframe: str
) -> int:
    """How many detections were found anew from their window alone."""
    row, last, first = points(matrix, found, window(detector))
    if not OF_THE_SESSION & set(detector.inputs):
        first = last - window(detector) + 1
    cut = cut_before(matrix, row, last, first)
    registry = whole().only([], [detector.pattern_type])
    _, hits = analyse_history(cut, registry, timeframe)
    again = {d.symbol: d for d in all_detections(hits, cut, timeframe)}
    known = {(d.symbol, d.bar_time_ms): d for d in found}
    seen = 0
    for number, (at, end) in enumerate(zip(row.tolist(), last.tolist(), strict=True)):
        time_ms = int(matrix.time_ms[at, end])
        expected = known.get((matrix.symbols[at], time_ms))
        made = again.get(f"P{number}")
        made = made if made is not None and made.bar_time_ms == time_ms else None
        assert content(made) == content(expected), (detector.pattern_type, at, end)
        seen += expected is not None
    return seen


def content(detection: Detection | None) -> Detection | None:
    """All of it but whose it is."""
    return detection and replace(detection, symbol="", detection_id="")


@pytest.mark.parametrize(
    "detector", whole().for_timeframe("1d").detectors, ids=lambda detector: detector.pattern_type
)
def test_a_days_detector_reads_no_further_back_than_it_says(days, detector):
    matrix, found = days
    assert_window_is_true(matrix, found.get(detector.pattern_type, []), detector, "1d")


@pytest.mark.parametrize(
    "detector", whole().for_timeframe("1m").detectors, ids=lambda detector: detector.pattern_type
)
def test_a_minutes_detector_reads_no_further_back_than_it_says(detector):
    matrix, found = minutes()
    assert_window_is_true(matrix, found.get(detector.pattern_type, []), detector, "1m")


@pytest.mark.parametrize(
    "detector",
    [detector for detector in whole().detectors if not detector.inputs],
    ids=lambda detector: detector.pattern_type,
)
def test_the_bars_of_the_warm_up_and_one_more_are_enough_to_find_it(detector):
    matrix, _ = minutes()
    with quiet():
        strength = detector.strength(HistoryView(matrix))
    bars = detector.warm_up + 1
    rng = np.random.default_rng(6)
    row, last = np.nonzero(strength)
    chosen = rng.permutation(len(row))[:MOST_POINTS]
    row = np.concatenate([row[chosen], rng.integers(0, len(SYMBOLS), MOST_POINTS)])
    last = np.concatenate([last[chosen], rng.integers(bars, matrix.bars, MOST_POINTS)])
    enough = last - bars + 1 >= (matrix.bars - matrix.count)[row]
    row, last = row[enough], last[enough]
    with quiet():
        alone = detector.strength(HistoryView(cut_before(matrix, row, last, last - bars + 1)))
    np.testing.assert_array_equal(alone[:, -1], strength[row, last])
    assert not alone[:, :-1].any()


def test_most_detectors_are_seen_at_work(days):
    """The proof is not empty: what the real bars and the made-up ones do not show is rare."""
    unseen = {d.pattern_type for d in whole().detectors} - set(days[1]) - set(minutes()[1])
    assert len(unseen) <= 10, unseen


def test_a_detector_that_reads_further_back_is_caught(days):
    matrix, found = days
    engulfing = whole().detector("engulfing")
    with pytest.raises(AssertionError):
        assert_window_is_true(
            matrix, found["engulfing"], replace(engulfing, lookback=8, span=2), "1d"
        )


def test_recursions_that_detectors_read_are_sums_over_the_session_or_forget():
    """By name, so that another recursion must say here why its memory ends."""
    registry = standard()
    for detector in registry.detectors:
        recursive = {name for name in detector.inputs if registry.indicator(name).step is not None}
        covered = {
            name
            for name in recursive
            if OF_THE_SESSION & set(registry.indicator(name).outputs)
            or set(RECURSIONS) & set(registry.indicator(name).outputs)
        }
        assert recursive == covered, detector.pattern_type
