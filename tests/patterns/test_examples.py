"""Every detector shows itself on its example, and works with all parameters that it allows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest

from patterns.analysis import AGREEMENT, Detection, find_hits
from patterns.definitions import COMMON_BOUNDS, BadParameter, Detector
from patterns.engine import LiveEngine
from patterns.evaluate import indicator_history, quiet
from patterns.examples import falling, path, rising
from patterns.history import HistoryView
from patterns.registry import standard
from tests.patterns.bars import MINUTE, START, as_matrix, minute, walk

DETECTORS = standard().detectors
LONGEST_LOOKBACK = 260
LONG_EXAMPLE = 100
each = pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.pattern_type)


def detected(detector: Detector, timeframe: str) -> list[list[Detection]]:
    """What a live engine finds on each bar of the example, in one session."""
    registry = standard().only([], [detector.pattern_type])
    live = LiveEngine(["A"], registry, lambda time_ms: START, timeframe)
    bars = (minute(START + n * MINUTE, {0: bar}) for n, bar in enumerate(detector.example))
    return [list(live.close(bar).found) for bar in bars]


@each
def test_the_example_shows_the_pattern_on_its_last_bar(detector):
    first, last = detector.timeframes[0], detector.timeframes[-1]
    for timeframe in {first, last} if len(detector.example) < LONG_EXAMPLE else {last}:
        *_, found = detected(detector, timeframe)
        assert [d.pattern_type for d in found] == [detector.pattern_type], timeframe
        [detection] = found
        assert detection.confidence >= detector.min_confidence
        assert detection.bar_time_ms == START + (len(detector.example) - 1) * MINUTE
        assert set(detection.pattern_data["parts"]) == {*detector.weights, AGREEMENT}
        assert ("geometry" in detection.pattern_data) == (detector.geometry is not None)


@each
def test_the_bars_of_the_example_do_not_contradict_themselves(detector):
    for opened, high, low, closed, volume in detector.example:
        assert low <= min(opened, closed) <= max(opened, closed) <= high
        assert volume >= 0


@each
def test_every_parameter_has_bounds_that_contain_its_default(detector):
    assert set(detector.adjustable) == {*detector.parameters, *COMMON_BOUNDS}
    for name, value in detector.adjustable.items():
        low, high = detector.bound(name)
        assert low <= value <= high, name
        assert low < high, name


@cache
def market(timeframe: str) -> HistoryView:
    """Random walks with everything that a detector may read."""
    matrix = as_matrix(walk(6, 420, seed=3, traded=0.95), [f"S{row}" for row in range(6)])
    view = HistoryView(matrix)
    view.values = indicator_history(matrix, standard().for_timeframe(timeframe).indicators)
    return view


def choices(detector: Detector) -> list[Mapping[str, float]]:
    """Each parameter at either end, and all of them at once."""
    bounds = {name: detector.bound(name) for name in detector.adjustable}
    each_end = [{name: ends[end]} for name, ends in bounds.items() for end in (0, 1)]
    return [{}, *each_end, *({name: ends[end] for name, ends in bounds.items()} for end in (0, 1))]


@each
def test_a_detector_runs_with_every_parameter_at_either_end(detector):
    view = market("1m" if "1m" in detector.timeframes else "1d")
    for values in choices(detector):
        made = detector.with_parameters(values)
        assert made.pattern_type == detector.pattern_type
        for name, value in values.items():
            assert made.adjustable[name] == value
        assert made.lookback <= LONGEST_LOOKBACK
        assert set(made.inputs) <= set(standard().outputs)
        with quiet():
            hits = find_hits(made, view)
        if hits is not None:
            assert hits.confidence.min() >= max(made.min_confidence, 0.0)
            assert hits.confidence.max() <= 1.0
            assert (hits.bar >= made.warm_up).all()


@each
def test_parameters_that_stay_make_the_same_detector(detector):
    same = detector.with_parameters(dict(detector.adjustable))
    assert same == detector


@each
def test_a_parameter_out_of_its_bounds_is_refused_with_name_value_and_bound(detector):
    for name in detector.adjustable:
        low, high = detector.bound(name)
        for value in (low - 1, high + 1):
            with pytest.raises(BadParameter) as caught:
                detector.with_parameters({name: value})
            assert str(caught.value) == (
                f"{detector.pattern_type}: {name} is {value}; it must lie between {low} and {high}"
            )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("speed", 1, "no parameter 'speed'. It has: trend, size, min_confidence, cool_down, exp"),
        ("cool_down", 1.5, "cool_down must be a whole number, not 1.5"),
        ("cool_down", True, "cool_down must be a number, not True"),
        ("min_confidence", "high", "min_confidence must be a number, not 'high'"),
        ("min_confidence", float("nan"), "min_confidence is nan; it must lie between 0.0 and 1.0"),
    ],
)
def test_what_is_no_parameter_is_told(name, value, message):
    with pytest.raises(BadParameter) as caught:
        standard().detector("engulfing").with_parameters({name: value})
    assert message in str(caught.value)


def test_a_whole_number_stays_one():
    made = standard().detector("volume_spike").with_parameters({"bars": 30.0, "cool_down": 7.0})
    assert (made.parameters["bars"], made.cool_down) == (30, 7)
    assert isinstance(made.cool_down, int)


def test_ways_to_draw_a_chart():
    assert falling(2, last=10.0) == (
        (12.0, 12.2, 10.8, 11.0, 100.0),
        (11.0, 11.2, 9.8, 10.0, 100.0),
    )
    assert rising(2, last=10.0) == ((8.0, 9.2, 7.8, 9.0, 100.0), (9.0, 10.2, 8.8, 10.0, 100.0))
    closes = [bar[3] for bar in path([(0, 10.0), (2, 14.0), (3, 13.0)], wick=0.5)]
    assert closes == [10.0, 12.0, 14.0, 13.0]
    assert path([(0, 10.0), (1, 14.0)], wick=0.5)[1] == (10.0, 14.5, 9.5, 14.0, 100.0)
