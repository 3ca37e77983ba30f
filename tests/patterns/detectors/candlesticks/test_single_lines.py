"""Patterns of one candle: what is found is common, what is detected is not."""

from __future__ import annotations

import pytest

from patterns.examples import falling, rising
from tests.patterns.last_bar import last_detection, last_strength, mirrored

FLAT = tuple((50.0, 50.7, 49.3, 50.0 + (-1) ** n * 0.3, 100.0) for n in range(24))

ORDINARY = {
    "long_line": (60.0, 61.5, 59.9, 61.4, 100.0),
    "marubozu": (60.0, 61.42, 59.95, 61.4, 100.0),
    "long_legged_doji": (60.5, 61.0, 60.0, 60.55, 100.0),
    "rickshaw_man": (60.5, 61.0, 60.0, 60.55, 100.0),
    "short_line": (60.0, 60.75, 59.9, 60.6, 100.0),
    "spinning_top": (60.0, 60.8, 59.6, 60.3, 100.0),
    "shooting_star": (60.2, 60.7, 60.15, 60.3, 100.0),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_one_is_found_but_is_no_detection(name):
    chart = (*rising(), ORDINARY[name])
    assert last_strength(chart, name) != 0
    assert last_detection(chart, name) is None


@pytest.mark.parametrize(
    ("name", "bar"),
    [
        ("long_legged_doji", (50.0, 52.2, 47.8, 50.05, 300.0)),
        ("rickshaw_man", (50.0, 52.2, 47.8, 50.05, 300.0)),
        ("spinning_top", (50.0, 52.2, 47.8, 50.25, 300.0)),
        ("short_line", (50.0, 50.2, 49.95, 50.1, 300.0)),
    ],
)
def test_one_that_points_nowhere_needs_a_trend_to_halt(name, bar):
    assert last_strength((*FLAT, bar), name) == 100
    assert last_detection((*FLAT, bar), name) is None


@pytest.mark.parametrize(
    ("name", "bar", "direction", "fit"),
    [
        # Range 4.4 against a mean of 1.4: 3 above, in units of the mean 2.143.
        ("long_legged_doji", (61.0, 63.2, 58.8, 61.05, 300.0), "neutral", 0.8409),
        # The close lies 0.05 of 2 points off the middle.
        ("rickshaw_man", (61.0, 63.0, 59.0, 61.05, 300.0), "neutral", 0.975),
        # The body of 4 is three means of 1 above the mean.
        ("long_line", (60.0, 64.1, 59.9, 64.0, 300.0), "bullish", 0.875),
        ("marubozu", (60.0, 64.05, 59.95, 64.0, 300.0), "bullish", 4.0 / 4.1),
        # The body is a tenth of the mean of 1.
        ("short_line", (60.1, 60.3, 60.0, 60.2, 150.0), "neutral", 0.95),
        # Shadows of 1.7 and 1.6.
        ("spinning_top", (60.7, 62.8, 59.1, 61.1, 300.0), "neutral", 1.6 / 1.7),
        # The upper shadow is 1.7 of a range of 2.05.
        ("shooting_star", (60.7, 62.4, 60.35, 60.4, 300.0), "bearish", 1.7 / 2.05),
    ],
)
def test_a_large_one_after_a_rise(name, bar, direction, fit):
    detection = last_detection((*rising(), bar), name)
    assert detection.direction == direction
    assert detection.pattern_data["parts"]["fit"] == pytest.approx(fit, abs=1e-4)
    assert detection.pattern_data["parts"]["trend"] > 0.7


@pytest.mark.parametrize(
    ("name", "bar", "fit"),
    [
        ("inverted_hammer", (39.3, 41.3, 39.25, 39.6, 300.0), 1.7 / 2.05),
        ("takuri", (39.5, 39.55, 36.5, 39.45, 300.0), 2.95 / 3.05),
    ],
)
def test_a_bullish_one_after_a_fall(name, bar, fit):
    detection = last_detection((*falling(), bar), name)
    assert detection.direction == "bullish"
    assert detection.pattern_data["parts"]["fit"] == pytest.approx(fit, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "bar"),
    [
        ("inverted_hammer", (39.3, 41.3, 39.0, 39.6, 300.0)),  # a lower shadow of 0.3
        ("inverted_hammer", (39.8, 41.8, 39.75, 40.1, 300.0)),  # no gap below 40
        ("takuri", (39.5, 39.7, 36.5, 39.45, 300.0)),  # an upper shadow of 0.2
        ("takuri", (39.5, 39.55, 39.38, 39.4, 300.0)),  # a shadow shorter than two bodies
    ],
)
def test_one_that_breaks_a_rule_is_not_found(name, bar):
    assert last_strength((*falling(), bar), name) == 0


@pytest.mark.parametrize("name", ["long_line", "marubozu"])
def test_upside_down_it_is_bearish(name):
    chart = mirrored((*rising(), (60.0, 64.05, 59.95, 64.0, 300.0)))
    detection = last_detection(chart, name)
    assert (detection.direction, detection.pattern_data["strength"]) == ("bearish", -100)


@pytest.mark.parametrize("name", ["long_legged_doji", "short_line", "spinning_top", "takuri"])
def test_a_bar_in_which_the_price_did_not_move_is_no_detection(name):
    assert last_detection((*falling(), (39.0, 39.0, 39.0, 39.0, 5.0)), name) is None
