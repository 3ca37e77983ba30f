"""Head and shoulders, and its inverse, on made-up charts."""

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
    (0, 103.0),
    (5, 100.0),
    (24, 115.0),
    (31, 110.0),
    (39, 121.0),
    (47, 110.4),
    (54, 115.4),
    (57, 113.0),
]


def changed(number: int, bar: int, close: float) -> list[tuple[int, float]]:
    return [*TURNS[:number], (bar, close), *TURNS[number + 1 :]]


def test_a_head_between_two_shoulders_is_found_once_the_right_one_is_known():
    (detection,) = found("head_and_shoulders", path([*TURNS, (63, 112.0)]))
    assert detection.direction == "bearish"
    assert pivots_of(detection) == {
        "left_shoulder": (24, 115.1),
        "left_neck": (31, 109.9),
        "head": (39, 121.1),
        "right_neck": (47, pytest.approx(110.3)),
        "right_shoulder": (54, 115.5),
    }


def test_the_neckline_slopes_and_the_target_is_the_heads_height_beyond_it():
    (detection,) = found("head_and_shoulders", path(TURNS))
    # The neckline rises 0.4 in 16 bars: 0.025 a bar, to 110.55 at bar 57, ten bars on.
    # At the head it is 110.1, so the head stands 11.0 above it.
    assert levels_of(detection) == pytest.approx([110.55, 115.5, 99.55, 0.025])
    assert lines_of(detection) == {"neckline": ((31, 109.9), (57, pytest.approx(110.55)))}


def test_upside_down_it_is_the_inverse():
    (detection,) = found("inverse_head_and_shoulders", path(upside_down(TURNS)))
    assert detection.direction == "bullish"
    assert pivots_of(detection)["head"] == (39, pytest.approx(mirrored(121.1)))
    expected = [mirrored(110.55), mirrored(115.5), mirrored(99.55), -0.025]
    assert levels_of(detection) == pytest.approx(expected)


def test_shoulders_of_one_height_and_equal_halves_fit_perfectly():
    turns = [*TURNS[:3], (31, 110.0), (39, 121.0), (47, 110.0), (54, 115.0), (57, 113.0)]
    (detection,) = found("head_and_shoulders", path(turns))
    assert detection.pattern_data["parts"]["fit"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param(changed(4, 39, 116.0), id="the head is hardly higher"),
        pytest.param(changed(6, 54, 119.5), id="the right shoulder is far higher"),
        pytest.param(changed(6, 54, 111.2), id="the right shoulder hardly rises"),
        pytest.param(changed(5, 47, 114.0), id="the neckline is steep"),
        pytest.param([*TURNS[:6], (78, 115.4), (81, 113.0)], id="the right half is far longer"),
        pytest.param([(0, 111.0), (5, 109.0), *TURNS[2:]], id="there is no advance before"),
        pytest.param(changed(7, 57, 109.0), id="the neckline is broken before it is known"),
    ],
)
def test_a_near_miss_is_not_found(turns):
    assert found("head_and_shoulders", path(turns)) == []
    assert found("inverse_head_and_shoulders", path(upside_down(turns))) == []
