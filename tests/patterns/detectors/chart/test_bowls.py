"""Cups with handles and rounding bottoms along a parabola."""

from __future__ import annotations

import pytest

from patterns.detectors.chart import cup_and_handle as cup
from patterns.detectors.chart import rounding_bottom as saucer
from patterns.detectors.chart.cup_and_handle import cup_and_handle
from patterns.detectors.chart.rounding_bottom import rounding_bottom
from patterns.examples import path
from tests.patterns.detectors.chart.shapes import (
    NearMiss,
    assert_a_near_miss,
    detections,
    last,
    levels,
    line,
    pivots,
)


def bowl(start: int, bars: int, rim: float = 60.0, depth: float = 10.0) -> list[tuple[int, float]]:
    """Turns every 5 bars along a parabola, by turns 0.6 below and above it."""
    made = []
    for bar in range(start + 5, start + bars, 5):
        part = (bar - start) / bars
        shift = 0.6 if bar % 2 else -0.6
        made.append((bar, rim - 4.0 * depth * part * (1.0 - part) + shift))
    return made


CUP = [(0, 45), (40, 60), *bowl(40, 40), (80, 60), (85, 57.8), (88, 58.7)]
SAUCER = [(0, 72), (30, 60), *bowl(30, 50), (80, 60), (83, 58.8)]


def chart(turns):
    return path(turns, wick=0.3)


def test_a_cup_has_two_rims_a_bottom_and_a_handle():
    found = last(chart(CUP), cup_and_handle())
    assert found.direction == "bullish"
    left, bottom, right, handle = pivots(found)
    assert left[1] == 60.3
    assert 40 <= left[0] <= 41  # bar 41 opens at the close of bar 40, and reaches as high
    assert bottom[1] == pytest.approx(50 - 0.6 - 0.3)
    assert (right, handle) == ((80, 60.3), (85, 57.5))
    assert line(found, "handle") == [(80, 60.3), (85, 57.5)]


def test_a_cup_carries_by_its_depth_beyond_its_rim():
    assert levels(last(chart(CUP), cup_and_handle())) == pytest.approx(
        (60.3, 57.5, 60.3 + 11.2, 0.0), abs=1e-6
    )


CUP_MISSES = [
    NearMiss(
        "a V",
        [(0, 45), (40, 60), (60, 50), (80, 60), (85, 57.8), (88, 58.7)],
        constants=((cup, "ROUNDER", 0.0),),
    ),
    NearMiss("its handle takes most of it back", [*CUP[:-2], (86, 52), (89, 53)], {"handle": 0.8}),
    NearMiss(
        "its right rim is far lower",
        [*CUP[:-3], (80, 57), (85, 55.5), (88, 56)],
        {"uneven": 0.3},
        constants=((cup, "UNLEVEL", 0.5), (cup, "ROUNDER", 0.0)),
    ),
    NearMiss(
        "it comes after a fall",
        [(0, 65), (50, 60), *bowl(50, 40), (90, 60), (95, 57.8), (98, 58.7)],
        constants=((cup, "RISE", -9.0),),
    ),
    NearMiss(
        "it is 25 bars long",
        [(0, 45), (40, 60), *bowl(40, 25), (65, 60), (70, 58), (73, 59)],
        {"fewest_bars": 20, "uneven": 0.3},
    ),
    NearMiss("there is no handle", CUP[:-2]),
]


@pytest.mark.parametrize("miss", CUP_MISSES, ids=str)
def test_what_is_nearly_a_cup_is_none(miss, monkeypatch):
    assert_a_near_miss(miss, chart, cup_and_handle(), monkeypatch)


def test_a_rounding_bottom_is_known_with_the_high_at_its_right_rim():
    found = last(chart(SAUCER), rounding_bottom())
    assert found.direction == "bullish"
    left, bottom, right = pivots(found)
    # The fall of 0.4 a bar is as high as the right rim at bar 31, and 2 higher five bars before.
    assert left == (26, 62.3)
    assert right == (80, 60.3)
    assert bottom[1] == pytest.approx(60 - 9.6 - 0.6 - 0.3)


def test_a_rounding_bottom_carries_by_its_depth_beyond_the_higher_rim():
    found = levels(last(chart(SAUCER), rounding_bottom()))
    assert found == pytest.approx((62.3, 49.5, 62.3 + 10.8, 0.0), abs=1e-6)


SAUCER_MISSES = [
    NearMiss(
        "a V",
        [(0, 72), (30, 60), (55, 50), (80, 60), (83, 58.8)],
        constants=((saucer, "ROUNDER", 0.0),),
    ),
    NearMiss(
        "it is thirty bars long",
        [(0, 72), (30, 60), *bowl(30, 30), (60, 60), (63, 58.8)],
        {"fewest_bars": 20, "uneven": 0.3},
    ),
    NearMiss(
        "it is four mean ranges deep",
        [(0, 72), (30, 60), *bowl(30, 50, depth=2.5), (80, 60), (83, 58.8)],
        {"depth_units": 2.0},
    ),
    NearMiss(
        "its bottom is at the left",
        [(0, 72), (30, 60), (35, 50), (50, 51), (65, 53), (80, 60), (83, 58.8)],
        {"uneven": 0.3},
        constants=((saucer, "CENTRE", (0.0, 1.0)),),
    ),
    NearMiss("it only falls", [(0, 72), (30, 60), *bowl(30, 50)[:5], (58, 51.5), (61, 50.5)]),
]


@pytest.mark.parametrize("miss", SAUCER_MISSES, ids=str)
def test_what_is_nearly_a_rounding_bottom_is_none(miss, monkeypatch):
    assert_a_near_miss(miss, chart, rounding_bottom(), monkeypatch)


def test_the_same_bowl_is_detected_once():
    found = detections(
        chart([*SAUCER, (88, 59.5), (93, 58.5), (98, 59.6), (103, 58.6)]), rounding_bottom()
    )
    assert [number for number, _ in found] == [83]
