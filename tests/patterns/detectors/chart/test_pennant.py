"""Pennants whose pole and lines are known."""

from __future__ import annotations

import pytest

from patterns.detectors.chart import pennant as module
from patterns.detectors.chart import pole
from patterns.detectors.chart.pennant import pennant
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

TURNS = [(0, 51), (20, 50), (28, 62), (32, 58), (36, 60.8), (40, 59), (43, 59.8)]
"""Foot at 49.7, tip at 62.3, then 57.7, 61.1 and 58.7, with a wick of 0.3."""


def chart(turns=TURNS):
    return path(turns, wick=0.3)


def changed(number, bar, price):
    return [*TURNS[:number], (bar, price), *TURNS[number + 1 :]]


def test_its_lines_come_together_at_the_tip_of_a_pole():
    found = last(chart(), pennant())
    assert found.direction == "bullish"
    assert pivots(found) == [(20, 49.7), (28, 62.3), (32, 57.7), (36, 61.1), (40, 58.7)]
    assert line(found, "upper") == [(28, 62.3), (43, 60.05)]  # 1.2 down in 8 bars
    assert line(found, "lower") == [(32, 57.7), (43, 59.075)]  # 1 up in 8 bars


def test_it_carries_as_far_as_its_pole_from_its_lowest_point():
    found = levels(last(chart(), pennant()))
    assert found == pytest.approx((60.05, 57.7, 57.7 + 12.6, -0.15), abs=1e-6)


def test_a_bearish_pennant_is_a_bullish_one_upside_down():
    found = last(chart(upside_down(TURNS)), pennant())
    assert found.direction == "bearish"
    assert levels(found) == pytest.approx((59.95, 62.3, 49.7, 0.15), abs=1e-6)


NEAR_MISSES = [
    NearMiss("its lows fall: a flag", changed(5, 40, 57.2)),
    NearMiss("its highs rise", [*TURNS[:4], (36, 63), (40, 60), (43, 61)]),
    NearMiss(
        "it takes back most of the pole",
        [*TURNS[:3], (32, 55), (36, 60.8), (40, 56), (43, 57)],
        constants=((pole, "DEEPEST", 1.0),),
    ),
    NearMiss(
        "its pole is four mean ranges long",
        [(bar, 60 + (price - 60) / 4) for bar, price in TURNS],
        {"pole_units": 2.0},
    ),
    NearMiss(
        "its lines hardly come together",
        [*TURNS[:3], (32, 58), (36, 61.7), (40, 58.1), (43, 59.8)],
        constants=((module, "NARROWED", (0.05, 1.0)),),
    ),
]


@pytest.mark.parametrize("turn", [list, upside_down])
@pytest.mark.parametrize("miss", NEAR_MISSES, ids=str)
def test_what_is_nearly_a_pennant_is_none(miss, turn, monkeypatch):
    assert_a_near_miss(miss, lambda turns: chart(turn(turns)), pennant(), monkeypatch)
