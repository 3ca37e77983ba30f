"""Gaps: every gap of the least size is of one type."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.registry import standard
from tests.patterns.bars import MINUTE
from tests.patterns.detectors.events.found import (
    TEN,
    earlier,
    found,
    rolling,
    run,
    strengths,
    weakest,
)

TYPES = ("common_gap", "breakaway_gap", "runaway_gap", "exhaustion_gap")
# True ranges of one point: closes 50.0 and 50.2 in turn, highs 50.6, lows 49.6.
REST = [(50.0, 50.6, 49.6, 50.2 if n % 2 else 50.0, 100.0) for n in range(24)]


def kinds(bars):
    """The types that are found on the last bar."""
    last = len(bars) - 1
    return {name for name in TYPES if last in found(bars, name)}


@pytest.mark.parametrize("pattern_type", TYPES)
def test_each_example_is_of_its_own_type_alone(pattern_type):
    assert kinds(standard().detector(pattern_type).example) == {pattern_type}


def test_a_bar_that_begins_where_the_one_before_ended_is_no_gap():
    assert kinds([*REST, (51.0, 52.0, 50.6, 51.9, 400.0)]) == set()


def test_a_gap_of_less_than_half_a_range_is_none():
    assert kinds([*REST, (51.1, 52.0, 51.09, 51.9, 400.0)]) == set()
    assert kinds([*REST, (51.1, 52.0, 51.1, 51.9, 400.0)]) == {"breakaway_gap"}


def test_out_of_a_narrow_range_it_needs_volume_to_break_away():
    assert kinds([*REST, (51.2, 52.0, 51.2, 51.9, 150.0)]) == {"breakaway_gap"}
    assert kinds([*REST, (51.2, 52.0, 51.2, 51.9, 149.0)]) == {"common_gap"}


def test_a_gap_down_is_mirrored():
    [detection] = found([*REST, (49.0, 49.1, 48.0, 48.2, 400.0)], "breakaway_gap").values()
    assert detection.direction == "bearish"
    # Given up where the gap is closed: the low before. Target: 1.5 times 49.6 - 48.0 below.
    assert detection.pattern_data["levels"] == {"trigger": 48.0, "stop": 49.6, "target": 45.6}


def test_a_gap_against_the_trend_that_closes_with_it_is_no_exhaustion():
    climb = standard().detector("exhaustion_gap").example
    turned = (*climb[:-1], (59.6, 60.9, 59.4, 60.8, 500.0))
    assert kinds(turned) == {"runaway_gap"}


def test_an_exhaustion_gap_points_against_its_trend():
    [detection] = found(standard().detector("exhaustion_gap").example, "exhaustion_gap").values()
    assert detection.direction == "bearish"
    levels = detection.pattern_data["levels"]
    assert (levels["trigger"], levels["stop"]) == (58.3, 60.9)


def test_a_common_gap_points_nowhere_and_has_no_levels():
    [detection] = found(standard().detector("common_gap").example, "common_gap").values()
    assert detection.direction == "neutral"
    assert "levels" not in detection.pattern_data


def test_a_gap_over_night_is_a_gap():
    bars = [*REST, (51.2, 52.0, 51.2, 51.9, 400.0)]
    second_day = TEN + (len(bars) - 1) * MINUTE
    made = run(
        bars,
        weakest("breakaway_gap"),
        session=lambda time_ms: second_day if time_ms >= second_day else 0,
    )
    assert list(made) == [24]


def test_the_edges_of_the_gap_are_drawn():
    [detection] = found([*REST, (51.2, 52.0, 51.2, 51.9, 400.0)], "breakaway_gap").values()
    before, now = detection.pattern_data["bars"]
    assert detection.pattern_data["geometry"]["lines"] == {
        "near": [[before, 50.6], [now, 50.6]],
        "far": [[before, 51.2], [now, 51.2]],
    }


def test_every_gap_of_505_stocks_has_the_type_that_pandas_says(table, view):
    low, high, close = (table[side].to_numpy() for side in ("low", "high", "close"))
    up, down = low > earlier(table, "high"), high < earlier(table, "low")
    side = np.where(up, 1, np.where(down, -1, 0))
    atr = table["atr"].to_numpy()
    size = np.where(up, low - earlier(table, "high"), earlier(table, "low") - high) / atr
    top = rolling(table, "high", 20, "max", 1)
    bottom = rolling(table, "low", 20, "min", 1)
    volume = table["volume"].to_numpy() / rolling(table, "volume", 20, "mean", 1)
    move = side * (earlier(table, "close") - earlier(table, "close", 21)) / atr
    beyond = np.where(up, close > top, close < bottom)
    near_half = side * (close - (high + low) / 2) <= 1e-12
    along = side * (close - table["open"].to_numpy()) >= 0

    gap = (side != 0) & (size >= 0.5)
    breakaway = gap & ((top - bottom) / atr <= 5) & beyond & (volume >= 1.5)
    exhaustion = gap & ~breakaway & (move >= 5) & (volume >= 2) & near_half
    runaway = gap & ~breakaway & ~exhaustion & (move >= 3) & beyond & along
    common = gap & ~breakaway & ~exhaustion & ~runaway
    wanted = dict(zip(TYPES, (common, breakaway, runaway, exhaustion), strict=True))
    for name, expected in wanted.items():
        strength = strengths(view, name)
        np.testing.assert_array_equal(strength != 0, expected, err_msg=name)
        sign = -side if name == "exhaustion_gap" else side
        assert np.array_equal(strength[expected], 100 * sign[expected])


@pytest.mark.parametrize("pattern_type", TYPES)
def test_a_real_gap(pattern_type, case, real):
    known = case(pattern_type)
    [detection] = real(pattern_type, known)
    assert detection.direction == known["direction"]
    numbers, data = known["numbers"], detection.pattern_data
    lines = data["geometry"]["lines"]
    assert [lines[name][0][1] for name in ("near", "far")] == [numbers["near"], numbers["far"]]
    parts = data["parts"]
    assert parts["size"] == pytest.approx(numbers["size"] / (1 + numbers["size"]), abs=1e-4)
    traded = numbers["volume"] / (1 + numbers["volume"])
    shown = 1 - parts["quiet"] if pattern_type == "common_gap" else parts["volume"]
    assert shown == pytest.approx(traded, abs=1e-4)
