"""Symmetrical triangles whose lines are known."""

from __future__ import annotations

import pytest

from patterns.detectors.chart import converging
from patterns.detectors.chart.symmetrical_triangle import symmetrical_triangle
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

TURNS = [(0, 50), (20, 60), (26, 53), (32, 58.4), (38, 55), (43, 57.2), (46, 56.3)]
FALL = 2.8 / 23
"""A bar: highs at 60.4, 58.8 and 57.6 with a wick of 0.4."""


def chart(turns=TURNS):
    return path(turns, wick=0.4)


def changed(number, bar, price):
    return [*TURNS[:number], (bar, price), *TURNS[number + 1 :]]


def test_its_lines_go_through_lower_highs_and_higher_lows():
    found = last(chart(), symmetrical_triangle())
    assert pivots(found) == [(20, 60.4), (26, 52.6), (32, 58.8), (38, 54.6), (43, 57.6)]
    assert line(found, "upper")[1] == (46, pytest.approx(57.6 - 3 * FALL, abs=1e-6))
    assert line(found, "lower")[1] == (46, pytest.approx(54.6 + 8 / 6, abs=1e-6))


def test_after_a_rise_it_points_up_by_its_height():
    # At bar 20 the lower line is at 51.6: 8.8 below the upper one.
    found = last(chart(), symmetrical_triangle())
    trigger = 57.6 - 3 * FALL
    assert found.direction == "bullish"
    assert levels(found) == pytest.approx((trigger, 54.6, trigger + 8.8, -FALL), abs=1e-6)


def test_after_a_fall_it_points_down():
    found = last(chart(upside_down(TURNS)), symmetrical_triangle())
    trigger = 62.4 + 3 * FALL
    assert found.direction == "bearish"
    assert levels(found) == pytest.approx((trigger, 65.4, trigger - 8.8, FALL), abs=1e-6)


NEAR_MISSES = [
    NearMiss("the highs are level", [*changed(3, 32, 59.9)[:5], (43, 59.9), (46, 57)]),
    NearMiss("the lows hardly rise", changed(4, 38, 53.8), {"steep": 0.1}),
    NearMiss("the lines part", [*TURNS[:3], (32, 61), (38, 51), (43, 62), (46, 60)]),
    NearMiss("the middle high is above the line", changed(3, 32, 60.2), {"off_line": 2.0}),
    NearMiss(
        "it is smaller than three mean ranges",
        [(bar, 55 + (price - 55) / 4) for bar, price in TURNS],
        constants=((converging, "LOWEST", 0.0),),
    ),
]


@pytest.mark.parametrize("miss", NEAR_MISSES, ids=str)
def test_what_is_nearly_a_symmetrical_triangle_is_none(miss, monkeypatch):
    assert_a_near_miss(miss, chart, symmetrical_triangle(), monkeypatch)
