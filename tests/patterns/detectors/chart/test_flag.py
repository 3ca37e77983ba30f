"""Flags whose pole and channel are known."""

from __future__ import annotations

import pytest

from patterns.detectors.chart import flag as module
from patterns.detectors.chart import pole
from patterns.detectors.chart.flag import flag
from patterns.examples import path
from tests.patterns.detectors.chart.shapes import (
    NearMiss,
    assert_a_near_miss,
    last,
    levels,
    line,
    pivots,
    traded,
    upside_down,
)

TURNS = [(0, 51), (20, 50), (28, 62), (32, 59.5), (36, 61), (39, 59.5)]
"""Foot at 49.7, tip at 62.3, then 59.2 and 61.3, with a wick of 0.3."""


def chart(turns=TURNS):
    return path(turns, wick=0.3)


def changed(number, bar, price):
    return [*TURNS[:number], (bar, price), *TURNS[number + 1 :]]


def test_its_channel_runs_through_the_tip_and_two_pivots():
    found = last(chart(), flag())
    assert found.direction == "bullish"
    assert pivots(found) == [(20, 49.7), (28, 62.3), (32, 59.2), (36, 61.3)]
    assert line(found, "pole") == [(20, 49.7), (28, 62.3)]
    assert line(found, "upper") == [(28, 62.3), (39, 60.925)]  # 1 down in 8 bars
    assert line(found, "lower") == [(32, 59.2), (39, 58.325)]


def test_it_carries_as_far_as_its_pole_from_its_lowest_point():
    found = levels(last(chart(), flag()))
    assert found == pytest.approx((60.925, 59.2, 59.2 + 12.6, -0.125), abs=1e-6)


def test_a_bear_flag_is_a_bull_flag_upside_down():
    found = last(chart(upside_down(TURNS)), flag())
    assert found.direction == "bearish"
    assert pivots(found) == [(20, 70.3), (28, 57.7), (32, 60.8), (36, 58.7)]
    assert levels(found) == pytest.approx((59.075, 60.8, 48.2, 0.125), abs=1e-6)


NEAR_MISSES = [
    NearMiss(
        "its pole is four mean ranges long",
        [(bar, 60 + (price - 60) / 4) for bar, price in TURNS],
        {"pole_units": 2.0},
    ),
    NearMiss(
        "it takes back more than half of the pole",
        [*TURNS[:3], (32, 54), (36, 60), (39, 58)],
        constants=((pole, "DEEPEST", 1.0), (module, "WIDEST", 1.0)),
    ),
    NearMiss("its second high is above the tip", changed(4, 36, 63)),
    NearMiss(
        "it does not drift", changed(4, 36, 61.95), constants=((module, "DRIFTS", (0.0, 0.5)),)
    ),
    NearMiss(
        "its pole took thirty bars",
        [(0, 51), (5, 50), (35, 62), (39, 59.5), (43, 61), (46, 60)],
        constants=((pole, "LONGEST_POLE", 40),),
    ),
    NearMiss(
        "it rests for thirty bars",
        [*TURNS[:3], (42, 59.5), (55, 61), (58, 60)],
        constants=((pole, "MOST_BARS", 40),),
    ),
    NearMiss(
        "its pole is one gap",
        [(0, 51), (20, 50), (21, 51), (22, 61), (24, 62), (28, 59.5), (32, 61), (35, 60)],
        constants=((pole, "LARGEST_STEP", 1.0),),
    ),
]


@pytest.mark.parametrize("turn", [list, upside_down])
@pytest.mark.parametrize("miss", NEAR_MISSES, ids=str)
def test_what_is_nearly_a_flag_is_none(miss, turn, monkeypatch):
    assert_a_near_miss(miss, lambda turns: chart(turn(turns)), flag(), monkeypatch)


def test_less_volume_in_the_channel_than_in_the_pole_counts_for_it():
    quiet = last(traded(chart(), {21: 400.0, 29: 100.0}), flag())
    assert quiet.pattern_data["parts"]["volume"] == 0.8
    assert last(chart(), flag()).pattern_data["parts"]["volume"] == 0.5
