"""Wedges whose lines are known."""

from __future__ import annotations

import pytest

from patterns.detectors.chart import converging
from patterns.detectors.chart.wedge import wedge
from patterns.examples import path
from tests.patterns.detectors.chart.shapes import (
    NearMiss,
    assert_a_near_miss,
    last,
    levels,
    line,
    pivots,
    upside_down,
)

TURNS = [(0, 50), (20, 60), (26, 55), (33, 62), (39, 58.7), (45, 64), (48, 62.8)]
"""Highs at 60.4, 62.4 and 64.4, lows at 54.6 and 58.3 with a wick of 0.4."""
RISE = 3.7 / 13


def chart(turns=TURNS):
    return path(turns, wick=0.4)


def changed(number, bar, price):
    return [*TURNS[:number], (bar, price), *TURNS[number + 1 :]]


def test_both_lines_of_a_rising_wedge_rise():
    found = last(chart(), wedge(1))
    assert found.direction == "bearish"
    assert pivots(found) == [(20, 60.4), (26, 54.6), (33, 62.4), (39, 58.3), (45, 64.4)]
    assert line(found, "upper") == [(20, 60.4), (48, 64.88)]  # 4 up in 25 bars
    assert line(found, "lower") == [(26, 54.6), (48, pytest.approx(58.3 + 9 * RISE, abs=1e-6))]


def test_a_rising_wedge_goes_back_to_where_its_lower_line_began():
    trigger = 58.3 + 9 * RISE
    assert levels(last(chart(), wedge(1))) == pytest.approx((trigger, 64.88, 54.6, RISE), abs=1e-6)


def test_a_falling_wedge_is_a_rising_one_upside_down():
    found = last(chart(upside_down(TURNS)), wedge(-1))
    assert found.direction == "bullish"
    trigger = 61.7 - 9 * RISE
    assert levels(found) == pytest.approx((trigger, 55.12, 65.4, -RISE), abs=1e-6)


NEAR_MISSES = [
    NearMiss(
        "its lines are parallel: a channel",
        changed(4, 39, 57.1),
        constants=((converging, "NARROWED", (0.1, 1.2)),),
    ),
    NearMiss(
        "its leading line hardly moves",
        [*changed(3, 33, 60.5)[:4], (39, 57), (45, 61), (48, 60)],
        {"steep": 0.15},
    ),
    NearMiss("the middle high is off the line", changed(3, 33, 60.4), {"off_line": 2.0}),
    NearMiss(
        "its lines part", changed(4, 39, 55.5), constants=((converging, "NARROWED", (0.1, 2.0)),)
    ),
]


@pytest.mark.parametrize("turn", [list, upside_down])
@pytest.mark.parametrize("miss", NEAR_MISSES, ids=str)
def test_what_is_nearly_a_wedge_is_none(miss, turn, monkeypatch):
    detector = wedge(1 if turn is list else -1)
    assert_a_near_miss(miss, lambda turns: chart(turn(turns)), detector, monkeypatch)


def test_a_trend_into_it_that_it_reverses_counts_for_it():
    found = [
        last(chart(before + TURNS[1:]), wedge(1).with_parameters({"min_confidence": 0.0}))
        for before in ([(0, 50)], [(0, 70), (14, 56)])
    ]
    after_a_rise, after_a_fall = (item.pattern_data["parts"]["trend"] for item in found)
    assert after_a_rise > 0.5 > after_a_fall
