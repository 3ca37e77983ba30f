"""Rectangles on made-up charts."""

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
)

TURNS = [(0, 93.0), (5, 90.0), (22, 110.0), (29, 105.0), (36, 110.2), (43, 104.9), (46, 107.0)]


def changed(number: int, bar: int, close: float) -> list[tuple[int, float]]:
    return [*TURNS[:number], (bar, close), *TURNS[number + 1 :]]


def test_two_level_touches_a_side_after_an_advance_point_up():
    (detection,) = found("rectangle", path(TURNS))
    assert detection.direction == "bullish"
    assert pivots_of(detection) == {
        "touch_1": (22, 110.1),
        "touch_2": (29, 104.9),
        "touch_3": (36, 110.3),
        "touch_4": (43, 104.8),
    }
    # Out at the top, wrong below the bottom, and the height 110.3 - 104.8 = 5.5 above the top.
    assert levels_of(detection) == pytest.approx([110.3, 104.8, 115.8, 0.0])
    assert lines_of(detection) == {
        "upper": ((22, 110.3), (46, 110.3)),
        "lower": ((22, 104.8), (46, 104.8)),
    }


def test_after_a_decline_it_points_down():
    (detection,) = found("rectangle", path(upside_down(TURNS)))
    assert detection.direction == "bearish"
    expected = [mirrored(110.3), mirrored(104.8), mirrored(115.8), 0.0]
    assert levels_of(detection) == pytest.approx(expected)


def test_it_may_begin_at_its_lower_side():
    # The advance overshoots nothing: a high at 107, then the low is touched first.
    turns = [(0, 93), (5, 90), (22, 107), (27, 105), (32, 110), (39, 105), (46, 110.2), (49, 108)]
    (detection,) = found("rectangle", path(turns))
    assert detection.direction == "bullish"
    assert pivots_of(detection)["touch_1"] == (27, 104.9)
    assert levels_of(detection) == pytest.approx([110.3, 104.9, 115.7, 0.0])


def test_further_touches_are_the_same_rectangle():
    turns = [*TURNS[:6], (50, 110.1), (57, 105.0), (60, 107.0)]
    assert len(found("rectangle", path(turns))) == 1


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param(changed(4, 36, 112.0), id="the highs rise"),
        pytest.param(changed(5, 43, 107.0), id="the lows rise"),
        pytest.param([(0, 106.0), (5, 104.0), *TURNS[2:]], id="there is no advance before"),
        pytest.param(changed(6, 46, 110.6), id="it is left before it is known"),
        pytest.param(
            [*TURNS[:3], (26, 108.5), (30, 110.0), (34, 108.4), (37, 109.5)], id="it is flat"
        ),
        pytest.param([*TURNS[:2], (16, 114.0), (19, 108.0), *TURNS[2:]], id="a higher high before"),
    ],
)
def test_a_near_miss_is_not_found(turns):
    assert found("rectangle", path(turns)) == []
    assert found("rectangle", path(upside_down(turns))) == []
