"""Breaks of support and resistance on made-up charts."""

from __future__ import annotations

import pytest

from patterns.examples import path
from tests.patterns.detectors.chart.made import (
    bar_of,
    found,
    levels_of,
    lines_of,
    mirrored,
    pivots_of,
    upside_down,
    with_volume,
)

TURNS = [(0, 104.0), (22, 110.0), (29, 104.0), (36, 109.8), (43, 105.0), (48, 109.5), (49, 111.5)]
"""The highs are 110.1 and 109.9, the low between them 103.9; the last bar closes beyond."""


def changed(number: int, bar: int, close: float) -> list[tuple[int, float]]:
    return [*TURNS[:number], (bar, close), *TURNS[number + 1 :]]


def test_the_first_close_beyond_two_equal_highs_breaks_a_resistance():
    (detection,) = found("resistance_break", path([*TURNS, (53, 115.0)]))
    assert detection.direction == "bullish"
    assert bar_of(detection.bar_time_ms) == 49
    assert list(pivots_of(detection).values()) == [(22, 110.1), (36, 109.9)]
    assert lines_of(detection) == {"resistance": ((22, 110.1), (49, 110.1))}


def test_its_target_is_the_depth_below_and_its_stop_one_unit():
    (detection,) = found("resistance_break", path(TURNS))
    # True ranges of bars 29 to 48: with a wick of 0.1 at both ends, each close-to-close move and
    # 0.2. One bar of 6/7, seven of 5.8/7, seven of 4.8/7, five of 4.5/5.
    unit = (6 / 7 + 5.8 + 4.8 + 4.5) / 20 + 0.2
    assert levels_of(detection) == pytest.approx([110.1, 110.1 - unit, 116.3, 0.0], abs=2e-6)


def test_upside_down_a_support_is_broken():
    (detection,) = found("support_break", path(upside_down(TURNS)))
    assert detection.direction == "bearish"
    trigger, _, target, _ = levels_of(detection)
    assert (trigger, target) == pytest.approx((mirrored(110.1), mirrored(116.3)))
    assert found("resistance_break", path(upside_down(TURNS))) == []


def test_more_touches_fit_better():
    three = [*TURNS[:5], (50, 109.9), (57, 105.0), (62, 109.5), (63, 111.5)]
    (twice,) = found("resistance_break", path(TURNS))
    (thrice,) = found("resistance_break", path(three))
    assert len(pivots_of(thrice)) == 3
    assert thrice.pattern_data["parts"]["fit"] > twice.pattern_data["parts"]["fit"]


def test_volume_on_the_breaking_bar_speaks_for_it():
    (detection,) = found("resistance_break", with_volume(path(TURNS), [49], 400.0))
    # Four times the mean of the bars before.
    assert detection.pattern_data["parts"]["volume"] == pytest.approx(0.8)


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param(changed(3, 36, 108.5), id="the second high is lower"),
        pytest.param(
            [*changed(2, 29, 108.6)[:4], (40, 108.7), (43, 109.5), (44, 111.5)],
            id="the price hardly fell back between",
        ),
        pytest.param(changed(6, 49, 110.05), id="only the high is beyond"),
        pytest.param(
            [*TURNS[:2], (25, 106.0), (28, 109.9), (32, 105.0), (36, 109.5), (37, 111.5)],
            id="the highs are too near each other",
        ),
    ],
)
def test_a_near_miss_is_not_found(turns):
    assert found("resistance_break", path(turns)) == []
    assert found("support_break", path(upside_down(turns))) == []
