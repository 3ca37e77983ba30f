"""A white candle from below a long black one: where it closes decides what it is."""

from __future__ import annotations

import pytest

from patterns.examples import falling, rising
from tests.patterns.last_bar import last_detection, last_strength

LONG_BLACK = (40.0, 40.2, 37.8, 38.0, 100.0)
NAMES = ("on_neck", "in_neck", "thrusting", "piercing")


def closing_at(close: float, opened: float = 37.2):
    """After a fall, whose bars have a range of 1.4: a twentieth of it is 0.07."""
    return (*falling(), LONG_BLACK, (opened, close + 0.1, opened - 0.2, close, 300.0))


@pytest.mark.parametrize(
    ("close", "found"),
    [
        (37.5, None),
        (37.74, "on_neck"),
        (37.8, "on_neck"),
        (37.86, "on_neck"),
        (37.95, None),
        (38.0, "in_neck"),
        (38.06, "in_neck"),
        (38.08, "thrusting"),
        (39.0, "thrusting"),
        (39.02, "piercing"),
        (39.9, "piercing"),
        (40.1, None),
    ],
)
def test_the_close_decides_which_pattern_it_is(close, found):
    chart = closing_at(close)
    assert [name for name in NAMES if last_strength(chart, name)] == ([found] if found else [])


@pytest.mark.parametrize("close", [37.8, 38.02, 38.5, 39.6])
def test_a_white_candle_that_opens_within_the_black_range_is_none_of_them(close):
    chart = closing_at(close, opened=37.8)
    assert not any(last_strength(chart, name) for name in NAMES)


@pytest.mark.parametrize(
    ("name", "close", "direction", "fit"),
    [
        ("on_neck", 37.835, "bearish", 0.75),  # half the tolerance away: 1 - 0.5 * 0.5
        ("in_neck", 38.035, "bearish", 0.75),
        ("thrusting", 38.5, "bearish", 0.75),  # half way to the middle
        ("piercing", 39.6, "bullish", 0.8),  # 1.6 of 2 points taken back
    ],
)
def test_its_direction_and_fit(name, close, direction, fit):
    detection = last_detection(closing_at(close), name)
    assert detection.direction == direction
    assert detection.pattern_data["parts"]["fit"] == pytest.approx(fit, abs=1e-3)
    assert detection.pattern_data["parts"]["trend"] > 0.7


@pytest.mark.parametrize("name", NAMES)
def test_without_a_fall_before_it_is_found_but_is_no_detection(name):
    close = {"on_neck": 37.8, "in_neck": 38.02, "thrusting": 38.5, "piercing": 39.6}[name]
    pair = tuple(
        (o + 21.0, high + 21.0, low + 21.0, c + 21.0, volume)
        for o, high, low, c, volume in closing_at(close)[-2:]
    )
    assert last_strength((*rising(), *pair), name) != 0
    assert last_detection((*rising(), *pair), name) is None
