"""Breaks of trend lines that are known."""

from __future__ import annotations

import pytest

from patterns.detectors.chart import trend_line_break as module
from patterns.detectors.chart.trend_line_break import trend_line_break
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

TURNS = [(0, 50), (12, 60), (18, 54), (24, 57), (30, 51), (36, 54), (42, 49.5), (46, 52)]
"""Highs at 60.3, 57.3 and 54.3: a quarter of a point down a bar, so the line is at 51.8 at 46."""


def chart(turns=TURNS):
    return path(turns, wick=0.3)


def changed(number, bar, price):
    return [*TURNS[:number], (bar, price), *TURNS[number + 1 :]]


def test_the_line_goes_through_three_highs_to_the_bar_that_breaks_it():
    found = last(chart(), trend_line_break())
    assert found.direction == "bullish"
    assert pivots(found) == [(12, 60.3), (24, 57.3), (36, 54.3)]
    assert line(found, "trend") == [(12, 60.3), (46, 51.8)]


def test_it_carries_as_far_as_prices_were_from_the_line():
    # Lows at 53.7 (bar 18) and 50.7 (bar 30) are both 5.1 below the line.
    found = levels(last(chart(), trend_line_break()))
    assert found == pytest.approx((51.8, 49.2, 56.9, -0.25), abs=1e-6)


def test_a_break_of_a_rising_line_is_bearish():
    found = last(chart(upside_down(TURNS)), trend_line_break())
    assert found.direction == "bearish"
    assert pivots(found) == [(12, 59.7), (24, 62.7), (36, 65.7)]
    assert levels(found) == pytest.approx((68.2, 70.8, 63.1, 0.25), abs=1e-6)


def test_only_the_bar_that_crosses_the_line_breaks_it():
    found = detections(chart([*TURNS, (60, 58)]), trend_line_break())
    assert [number for number, _ in found] == [46]


NEAR_MISSES = [
    NearMiss("the close stays below the line", changed(7, 46, 51.5)),
    NearMiss("the middle high is off the line", changed(3, 24, 58.2), {"off_line": 2.0}),
    NearMiss(
        "there are two highs only",
        [(0, 50), (12, 60), (30, 51), (36, 54), (42, 49.5), (46, 52)],
    ),
    NearMiss(
        "the line is nearly level",
        [(0, 50), (12, 60), (18, 54), (24, 59.5), (30, 54), (36, 59), (42, 55), (46, 59.2)],
        {"steep": 0.0},
    ),
    NearMiss(
        "the line rises",
        [(0, 50), (12, 60), (18, 54), (24, 62), (30, 56), (36, 64), (42, 59), (50, 69)],
    ),
    NearMiss(
        "the line is twelve bars long",
        [(0, 50), (24, 62), (27, 58), (30, 60), (33, 56), (36, 58), (40, 52), (44, 56)],
        constants=((module, "FEWEST_BARS", 10),),
    ),
]


@pytest.mark.parametrize("turn", [list, upside_down])
@pytest.mark.parametrize("miss", NEAR_MISSES, ids=str)
def test_what_is_nearly_a_break_is_none(miss, turn, monkeypatch):
    assert_a_near_miss(miss, lambda turns: chart(turn(turns)), trend_line_break(), monkeypatch)


def test_a_jump_past_the_target_leaves_nothing_to_gain():
    bars = list(chart())
    bars[-1] = (58.0, 59.0, 57.5, 58.5, 100.0)
    assert last(tuple(bars), trend_line_break()) is None


def test_volume_on_the_break_counts_for_it():
    busy = last(traded(chart(), {46: 400.0}), trend_line_break())
    assert busy.pattern_data["parts"]["volume"] == 0.8
    assert busy.confidence > last(chart(), trend_line_break()).confidence
