"""Double top and bottom on made-up charts, whose pivots and levels follow from the turns."""

from __future__ import annotations

import pytest

from patterns.examples import path
from tests.patterns.detectors.chart.made import (
    found,
    levels_of,
    lines_of,
    mirrored,
    pivots_of,
    upside_down,
    with_volume,
)

TURNS = [(0, 102.5), (5, 100.0), (24, 118.0), (32, 110.0), (41, 117.8), (44, 115.0)]
"""A wick is 0.1: the tops are at 118.1 and 117.9, the valley at 109.9."""


def changed(number: int, bar: int, close: float) -> list[tuple[int, float]]:
    return [*TURNS[:number], (bar, close), *TURNS[number + 1 :]]


def test_two_equal_tops_after_an_advance_are_a_double_top_once_the_second_is_known():
    (detection,) = found("double_top", path([*TURNS, (50, 112.0)]))
    assert detection.direction == "bearish"
    assert pivots_of(detection) == {
        "first_top": (24, 118.1),
        "valley": (32, 109.9),
        "second_top": (41, 117.9),
    }
    # Height 118.1 - 109.9 = 8.2, so the target is 109.9 - 8.2.
    assert levels_of(detection) == pytest.approx([109.9, 118.1, 101.7, 0.0])
    assert lines_of(detection) == {"neckline": ((32, 109.9), (44, 109.9))}


def test_upside_down_it_is_a_double_bottom():
    (detection,) = found("double_bottom", path(upside_down(TURNS)))
    assert detection.direction == "bullish"
    assert pivots_of(detection) == {
        "first_bottom": (24, pytest.approx(mirrored(118.1))),
        "peak": (32, pytest.approx(mirrored(109.9))),
        "second_bottom": (41, pytest.approx(mirrored(117.9))),
    }
    expected = [mirrored(109.9), mirrored(118.1), mirrored(101.7), 0.0]
    assert levels_of(detection) == pytest.approx(expected)
    assert found("double_top", path(upside_down(TURNS))) == []


def test_a_lesser_high_between_the_tops_does_not_hide_them():
    turns = [*TURNS[:3], (29, 112.0), (33, 114.5), (38, 110.0), (47, 117.8), (50, 115.0)]
    (detection,) = found("double_top", path(turns))
    assert pivots_of(detection) == {
        "first_top": (24, 118.1),
        "valley": (38, 109.9),
        "second_top": (47, 117.9),
    }


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param(changed(4, 41, 116.6), id="the second top is lower"),
        pytest.param(changed(4, 41, 119.4), id="the second top is higher"),
        pytest.param([(0, 113.5), (5, 111.0), *TURNS[2:]], id="there is no advance before"),
        pytest.param(changed(5, 44, 109.0), id="the neckline is broken before it is known"),
        pytest.param([*TURNS[:3], (28, 110), (32, 117.8), (35, 115)], id="the tops are too near"),
        pytest.param(
            [(0, 102.5), (5, 100), (16, 117.9), (20, 112), *TURNS[2:]], id="it is the third top"
        ),
    ],
)
def test_a_near_miss_is_not_found(turns):
    assert found("double_top", path(turns)) == []
    assert found("double_bottom", path(upside_down(turns))) == []


@pytest.mark.parametrize(
    ("turns", "relaxed"),
    [
        ([(0, 113.5), (5, 111.0), *TURNS[2:]], {"advance": 0.8}),
        ([*TURNS[:3], (28, 110), (32, 117.8), (35, 115)], {"apart": 8}),
    ],
    ids=["advance", "apart"],
)
def test_a_near_miss_is_found_where_its_rule_is_relaxed(turns, relaxed):
    assert len(found("double_top", path(turns), **relaxed)) == 1


def test_a_shallow_valley_is_noise():
    shallow = path([*TURNS[:3], (32, 116.4), (41, 117.8), (44, 117.0)], wick=0.6)
    # 118.6 down to 115.8, while every bar's range is 1.2 and more.
    assert found("double_top", shallow) == []
    assert len(found("double_top", shallow, height=1.5)) == 1


def test_sizes_are_counted_in_ranges_not_in_percent():
    small = path([(bar, 1000.0 + close / 50.0) for bar, close in TURNS], wick=0.002)
    (detection,) = found("double_top", small)
    assert pivots_of(detection)["second_top"] == (41, pytest.approx(1002.358))


def test_a_wider_tolerance_lets_unequal_tops_in_with_a_lesser_fit():
    turns = changed(4, 41, 116.6)
    (wide,) = found("double_top", path(turns), tolerance=2.0)
    (equal,) = found("double_top", path(TURNS), tolerance=2.0)
    assert wide.pattern_data["parts"]["fit"] < equal.pattern_data["parts"]["fit"]


def test_less_volume_at_the_second_top_speaks_for_it():
    heavy = with_volume(path(TURNS), (23, 24, 25), 300.0)
    (detection,) = found("double_top", heavy)
    # 300 against 100 in the three bars about each top.
    assert detection.pattern_data["parts"]["volume"] == pytest.approx(0.75)


def test_a_longer_advance_speaks_for_it():
    (short,) = found("double_top", path(TURNS))
    (long,) = found("double_top", path([(0, 92.5), (5, 90.0), *TURNS[2:]]))
    # The advance, 118.1 - 99.9 = 18.2, against the height 8.2: 18.2 / 26.4.
    assert short.pattern_data["parts"]["trend"] == pytest.approx(18.2 / 26.4, abs=1e-6)
    assert long.pattern_data["parts"]["trend"] == pytest.approx(28.2 / 36.4, abs=1e-6)
