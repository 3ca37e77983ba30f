"""Triple top and bottom on made-up charts."""

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

TURNS = [
    (0, 102.5),
    (5, 100.0),
    (24, 118.0),
    (31, 111.0),
    (38, 118.2),
    (45, 111.4),
    (52, 117.9),
    (55, 115.0),
]


def changed(number: int, bar: int, close: float) -> list[tuple[int, float]]:
    return [*TURNS[:number], (bar, close), *TURNS[number + 1 :]]


def test_three_equal_tops_after_an_advance_are_a_triple_top():
    (detection,) = found("triple_top", path([*TURNS, (60, 113.0)]))
    assert detection.direction == "bearish"
    assert pivots_of(detection) == {
        "first_top": (24, 118.1),
        "first_valley": (31, 110.9),
        "second_top": (38, 118.3),
        "second_valley": (45, pytest.approx(111.3)),
        "third_top": (52, 118.0),
    }
    # The lower valley, the highest top, and 110.9 - (118.3 - 110.9).
    assert levels_of(detection) == pytest.approx([110.9, 118.3, 103.5, 0.0])
    assert lines_of(detection) == {"neckline": ((31, 110.9), (55, 110.9))}


def test_upside_down_it_is_a_triple_bottom():
    (detection,) = found("triple_bottom", path(upside_down(TURNS)))
    assert detection.direction == "bullish"
    assert pivots_of(detection)["second_bottom"] == (38, pytest.approx(mirrored(118.3)))
    expected = [mirrored(110.9), mirrored(118.3), mirrored(103.5), 0.0]
    assert levels_of(detection) == pytest.approx(expected)


def test_it_is_not_a_double_top_as_well():
    (double,) = found("double_top", path(TURNS))
    # That one was complete at the second top, three bars later.
    assert pivots_of(double)["second_top"] == (38, 118.3)


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param(changed(6, 52, 116.5), id="the third top is lower"),
        pytest.param(changed(4, 38, 120.5), id="the middle top is higher: a head"),
        pytest.param(changed(5, 45, 116.0), id="the second valley is shallow"),
        pytest.param([(0, 115.0), (5, 112.5), *TURNS[2:]], id="there is no advance before"),
        pytest.param(changed(7, 55, 110.0), id="the neckline is broken before it is known"),
        pytest.param(
            [(0, 102.5), (5, 100), (12, 119.5), (17, 112), *TURNS[2:]], id="a higher top before"
        ),
    ],
)
def test_a_near_miss_is_not_found(turns):
    assert found("triple_top", path(turns)) == []
    assert found("triple_bottom", path(upside_down(turns))) == []
