"""Ascending and descending triangles whose lines are known."""

from __future__ import annotations

import pytest

from patterns.detectors.chart import converging
from patterns.detectors.chart import right_triangle as right
from patterns.detectors.chart.right_triangle import right_triangle
from patterns.examples import path
from tests.patterns.detectors.chart.shapes import (
    NearMiss,
    assert_a_near_miss,
    detections,
    last,
    levels,
    line,
    pivots,
    traded,
    upside_down,
)

TURNS = [(0, 51), (20, 60), (26, 55), (33, 60), (38, 57), (44, 60.1), (47, 58.5)]
"""Highs at 60.4, 60.4 and 60.5, lows at 54.6 and 56.6 with a wick of 0.4."""


def chart(turns=TURNS):
    return path(turns, wick=0.4)


def changed(number, bar, price):
    return [*TURNS[:number], (bar, price), *TURNS[number + 1 :]]


def test_the_lines_of_an_ascending_triangle_go_through_its_pivots():
    found = last(chart(), right_triangle(1))
    assert found.direction == "bullish"
    assert pivots(found) == [(20, 60.4), (26, 54.6), (33, 60.4), (38, 56.6), (44, 60.5)]
    assert line(found, "upper") == [(20, 60.4), (47, 60.5125)]  # 0.1 up in 24 bars
    assert line(found, "lower") == [(26, 54.6), (47, 58.1)]  # 2 up in 12 bars


def test_an_ascending_triangle_carries_by_its_height():
    # At bar 20 the lower line is at 53.6: 6.8 below the upper one.
    found = levels(last(chart(), right_triangle(1)))
    assert found == pytest.approx((60.5125, 56.6, 67.3125, 0.1 / 24), abs=1e-6)


def test_a_descending_triangle_is_an_ascending_one_upside_down():
    found = last(chart(upside_down(TURNS)), right_triangle(-1))
    assert found.direction == "bearish"
    assert pivots(found) == [(20, 59.6), (26, 65.4), (33, 59.6), (38, 63.4), (44, 59.5)]
    assert levels(found) == pytest.approx((59.4875, 63.4, 52.6875, -0.1 / 24), abs=1e-6)


NEAR_MISSES = [
    NearMiss("the level line rises by a fifth of it", changed(5, 44, 61.5), {"level": 0.25}),
    NearMiss("the middle high is off the line", changed(3, 33, 58.8), {"off_line": 2.0}),
    NearMiss(
        "the lows do not rise: a rectangle",
        changed(4, 38, 55.2),
        constants=((right, "STEEP", 0.0), (converging, "NARROWED", (0.1, 1.0))),
    ),
    NearMiss("the lows fall", changed(4, 38, 53)),
    NearMiss("there are four pivots only", [*TURNS[:5], (41, 58.5)]),
]


@pytest.mark.parametrize("turn", [list, upside_down])
@pytest.mark.parametrize("miss", NEAR_MISSES, ids=str)
def test_what_is_nearly_a_right_triangle_is_none(miss, turn, monkeypatch):
    detector = right.right_triangle(1 if turn is list else -1)
    assert_a_near_miss(miss, lambda turns: chart(turn(turns)), detector, monkeypatch)


def test_a_close_beyond_the_level_line_comes_too_late():
    bars = list(chart())
    bars[-1] = (60.0, 61.2, 59.4, 61.0, 100.0)
    bars[44] = (59.0, 61.2, 58.8, 60.1, 100.0)
    assert last(tuple(bars), right_triangle(1)) is None


def test_the_same_pivots_are_detected_once():
    found = detections(chart([*TURNS, (52, 59.3), (60, 59.4)]), right_triangle(1))
    assert [number for number, _ in found] == [47]


def test_volume_that_dries_up_counts_for_it():
    steady = last(chart(), right_triangle(1))
    drying = last(traded(chart(), {0: 400.0, 25: 100.0}), right_triangle(1))
    assert steady.pattern_data["parts"]["volume"] == 0.5
    assert drying.pattern_data["parts"]["volume"] == 0.8
    assert drying.confidence > steady.confidence


def test_its_parameters_can_be_set():
    strict = right_triangle(1).with_parameters({"level": 0.01})
    assert strict.pattern_type == "ascending_triangle"
    assert detections(chart(), strict) == []
    assert right_triangle(-1).with_parameters({"level": 0.2}).pattern_type == "descending_triangle"
