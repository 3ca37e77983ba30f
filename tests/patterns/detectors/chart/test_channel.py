"""Channels on made-up charts."""

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

TURNS = [(0, 106.0), (22, 100.0), (31, 109.0), (38, 104.0), (47, 113.0), (54, 108.0), (57, 110.5)]


def changed(number: int, bar: int, close: float) -> list[tuple[int, float]]:
    return [*TURNS[:number], (bar, close), *TURNS[number + 1 :]]


def test_three_lows_on_a_rising_line_and_two_highs_on_its_parallel_are_a_channel():
    (detection,) = found("channel", path(TURNS))
    assert detection.direction == "bullish"
    assert pivots_of(detection) == {
        "touch_1": (22, 99.9),
        "touch_2": (31, 109.1),
        "touch_3": (38, 103.9),
        "touch_4": (47, 113.1),
        "touch_5": (54, 107.9),
    }
    # Both lines rise 0.25 a bar. At bar 57 the lower one is at 107.9 + 0.75, the upper one at
    # 113.1 + 2.5. They are 109.1 - (99.9 + 9 * 0.25) = 6.95 apart.
    assert levels_of(detection) == pytest.approx([115.6, 108.65, 122.55, 0.25])
    assert lines_of(detection) == {
        "trend_line": ((22, 99.9), (57, pytest.approx(108.65))),
        "channel_line": ((31, 109.1), (57, pytest.approx(115.6))),
    }
    assert detection.pattern_data["parts"]["fit"] == pytest.approx(1.0)


def test_upside_down_it_falls_and_is_bearish():
    (detection,) = found("channel", path(upside_down(TURNS)))
    assert detection.direction == "bearish"
    expected = [mirrored(115.6), mirrored(108.65), mirrored(122.55), -0.25]
    assert levels_of(detection) == pytest.approx(expected)


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param(changed(4, 47, 111.0), id="the lines converge"),
        pytest.param(changed(4, 47, 115.0), id="the lines diverge"),
        pytest.param(changed(3, 38, 102.5), id="the middle low is off the line"),
        pytest.param(
            [(0, 106), (22, 100), (31, 106), (38, 100.2), (47, 106.3), (54, 100.5), (57, 103)],
            id="it is level",
        ),
        pytest.param(changed(6, 57, 107.95), id="the trend line is broken before it is known"),
    ],
)
def test_a_near_miss_is_not_found(turns):
    assert found("channel", path(turns)) == []
    assert found("channel", path(upside_down(turns))) == []
