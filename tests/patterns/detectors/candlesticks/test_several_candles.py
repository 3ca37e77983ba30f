"""Patterns of several candles: direction, fit, the mirror image, and what is not one."""

from __future__ import annotations

import pytest

from patterns.registry import standard
from tests.patterns.last_bar import last_detection, last_strength, mirrored

# The fit follows from the last bars of each example, worked out by hand.
CASES = {
    "identical_three_crows": ("bearish", 1.0),  # each opens exactly at the close before
    "kicking": ("bullish", 0.5 + 0.5 * 0.9 / 2.3),  # a gap of 0.9, a mean range of 1.4
    "kicking_by_length": ("bullish", 0.5 + 0.5 * 0.9 / 2.3),
    "ladder_bottom": ("bullish", 0.5 + 0.5 * 1.5 / 2.9),  # 1.5 above the fourth high
    "matching_low": ("bullish", 1.0),
    "mat_hold": ("bullish", 1.0 - 0.7 / 3.0),  # 0.7 of 3 points given back
    "morning_doji_star": ("bullish", 0.8),  # 1.6 of 2 points taken back
    "morning_star": ("bullish", 0.8),
    "rising_falling_three_methods": ("bullish", 1.0 - (0.5 + 0.6 + 0.6) / 9.0),
    "separating_lines": ("bullish", 1.0),
    "stalled_pattern": ("bearish", 0.8),  # a body of 0.4 after one of 2
    "stick_sandwich": ("bullish", 1.0),
    "tasuki_gap": ("bullish", 1.0 / 1.5),  # 1 of a gap of 1.5 points left open
    "tristar": ("bullish", 0.5 + 0.5 * 0.9 / 2.3),  # 0.9 below, a mean range of 1.4
    "unique_three_river": ("bullish", 1.0 - 0.5 * 0.3 / 1.07),  # a body of 0.3, a mean of 1.07
    "upside_gap_two_crows": ("bearish", 0.5 + 0.5 * 2.0 / 3.0),  # a body of 1.2 over one of 0.4
    "gap_three_methods": ("bullish", 0.8),  # 0.2 of the first body of 1
}
MIRRORED = (
    "kicking",
    "kicking_by_length",
    "rising_falling_three_methods",
    "separating_lines",
    "tasuki_gap",
    "tristar",
    "gap_three_methods",
)


@pytest.mark.parametrize("name", CASES)
def test_a_textbook_case_has_its_direction_and_fit(name):
    direction, fit = CASES[name]
    detector = standard().detector(name)
    detection = last_detection(detector.example, name)
    parts = detection.pattern_data["parts"]
    assert detection.direction == direction
    assert set(parts) == {*detector.weights, "agreement"}
    assert parts["fit"] == pytest.approx(fit, abs=1e-5)
    assert parts["volume"] > 0.7
    assert parts.get("trend", 1.0) > 0.7
    assert len(detection.pattern_data["bars"]) == detector.span


@pytest.mark.parametrize("name", MIRRORED)
def test_upside_down_it_points_the_other_way_as_well_made(name):
    chart = standard().detector(name).example
    up, down = last_detection(chart, name), last_detection(mirrored(chart), name)
    assert (up.direction, down.direction) == ("bullish", "bearish")
    assert down.pattern_data["strength"] == -up.pattern_data["strength"]
    assert down.confidence == pytest.approx(up.confidence, abs=1e-5)


@pytest.mark.parametrize("name", sorted(set(CASES) - set(MIRRORED)))
def test_upside_down_it_is_another_pattern(name):
    assert last_strength(mirrored(standard().detector(name).example), name) == 0


def test_a_kick_by_length_points_where_the_longer_candle_points():
    before = standard().detector("kicking").example[:-2]
    chart = (*before, (40.0, 40.05, 35.95, 36.0, 100.0), (41.0, 43.65, 40.95, 43.6, 300.0))
    assert last_detection(chart, "kicking").direction == "bullish"
    assert last_detection(chart, "kicking_by_length").direction == "bearish"


def test_three_doji_are_held_against_the_bars_before_the_first():
    # The first doji lifts the mean range from 1.4 to 2.16; a body of 0.15 is still too large.
    before = standard().detector("tristar").example[:-3]
    wide = (39.5, 44.0, 35.0, 39.5, 100.0)
    gapped = (38.6, 39.2, 38.0, 38.6, 100.0)
    assert last_strength((*before, wide, gapped, (39.2, 39.8, 38.6, 39.1, 300.0)), "tristar") == 100
    assert last_strength((*before, wide, gapped, (39.2, 39.8, 38.6, 39.05, 300.0)), "tristar") == 0


@pytest.mark.parametrize(
    ("name", "penetration", "found"),
    [
        ("mat_hold", 0.24, True),  # the small bodies give back 0.7 of 3 points, 0.233
        ("mat_hold", 0.23, False),
        ("morning_star", 0.79, True),  # the last close takes back 1.6 of 2 points
        ("morning_star", 0.81, False),
        ("morning_doji_star", 0.79, True),
        ("morning_doji_star", 0.81, False),
    ],
)
def test_the_penetration_can_be_set(name, penetration, found):
    detector = standard().detector(name).with_parameters({"penetration": penetration})
    assert f"{penetration:g}" in detector.formula
    assert (last_detection(detector.example, detector) is not None) is found


@pytest.mark.parametrize("name", ["morning_star", "piercing", "matching_low", "stick_sandwich"])
def test_a_reversal_with_nothing_to_reverse_is_no_detection(name):
    detector = standard().detector(name)
    shape = detector.example[-detector.span :]
    flat = tuple((40.5, 41.2, 39.8, 40.5 + (-1) ** n * 0.3, 100.0) for n in range(24))
    assert last_strength((*flat, *shape), name) == 100
    assert last_detection((*flat, *shape), name) is None
