"""Textbook cases: where they point, how well they fit, and what keeps them from a detection."""

from __future__ import annotations

import pytest

from patterns.definitions import BadParameter
from patterns.examples import falling, path, rising
from patterns.registry import standard
from tests.patterns.last_bar import last_detection, last_strength, mirrored

# The fit follows from the last bars of each example, worked out by hand. The bars before have
# bodies of 1 and ranges of 1.4.
CASES = {
    "two_crows": ("bearish", 0.5),  # 1 of 2 points given back
    "three_black_crows": ("bearish", 5.3 / 5.75),  # bodies of ranges
    "three_inside": ("bullish", 0.8),  # a body of 0.6 in one of 3
    "three_line_strike": ("bullish", 3.0 / 3.8),  # 3 points up, a body of 3.8 down
    "three_outside": ("bullish", 0.5 + 0.5 * 2.4 / 3.4),  # 3.4 points over a body of 1
    "three_stars_in_south": ("bullish", 1.0 - 0.4 / 3.0),  # bodies of 3 and 0.4
    "three_white_soldiers": ("bullish", 4.35 / 4.8),  # bodies of ranges
    "abandoned_baby": ("bullish", 0.8),  # 2 of 2.5 points taken back
    "advance_block": ("bearish", 1.0 - 0.4 / 1.7),  # bodies of 1.7 and 0.4
    "belt_hold": ("bullish", 3.6 / 3.8),
    "breakaway": ("bullish", 0.5),  # 0.2 of a gap of 0.4
    "closing_marubozu": ("bullish", 3.5 / 4.0),
    "concealing_baby_swallow": ("bullish", 4.0 / 4.2),  # bodies of ranges
    "counterattack": ("bullish", 1.0),
    "dark_cloud_cover": ("bearish", 0.75),  # 1.5 of 2 points
    "doji": ("neutral", 1.0),
    "doji_star": ("bearish", 1.0 - 0.5 * 0.05 / 0.148),  # 0.1 of a mean range of 1.48
    "dragonfly_doji": ("bullish", 2.4 / 2.45),
    "engulfing": ("bullish", 1.1 / 2.1),  # a body of 2.1 over one of 1
    "evening_doji_star": ("bearish", 0.8),  # 1.6 of 2 points
    "evening_star": ("bearish", 0.8),
    "gap_side_by_side_white_lines": ("bullish", 1.0 / 1.03),  # bodies of 1 and 1.03
    "gravestone_doji": ("bearish", 2.38 / 2.45),
    "hammer": ("bullish", 3.5 / 3.62),
    "hanging_man": ("bearish", 4.0 / 4.12),
    "harami": ("bullish", 1.0 - 0.4 / 3.5),
    "harami_cross": ("bullish", 1.0 - 0.5 * 0.05 / 0.158),  # 0.1 of a mean range of 1.58
    "high_wave": ("neutral", 1.0 - 0.3 / 3.8),
    "hikkake": ("bullish", 1.0 - 0.9 / 3.1),  # ranges of 3.1 and 0.9
    "homing_pigeon": ("bullish", 1.0 - 0.6 / 3.5),
    "modified_hikkake": ("bullish", 1.0 - 1.0 / 3.9),  # ranges of 3.9 and 1
}
BOTH_WAYS = (
    "three_inside",
    "three_line_strike",
    "three_outside",
    "abandoned_baby",
    "belt_hold",
    "breakaway",
    "closing_marubozu",
    "counterattack",
    "doji_star",
    "engulfing",
    "harami",
    "harami_cross",
    "hikkake",
    "modified_hikkake",
)
OPPOSITE = {"bullish": "bearish", "bearish": "bullish"}
OVER_THE_TREND = ("breakaway",)
"""Kept whatever came before: they are a trend themselves."""


def example(name: str):
    return standard().detector(name).example


@pytest.mark.parametrize("name", CASES)
def test_a_textbook_case_has_its_direction_and_evidence(name):
    direction, fit = CASES[name]
    detector = standard().detector(name)
    detection = last_detection(detector.example, name)
    parts = detection.pattern_data["parts"]
    assert detection.direction == direction
    assert parts["fit"] == pytest.approx(fit, abs=1e-5)
    assert parts["volume"] == pytest.approx(0.75, abs=0.01)
    assert parts["trend"] > 0.7
    own = 0.4 * parts["fit"] + 0.3 * parts["volume"] + 0.3 * parts["trend"]
    assert detection.confidence == pytest.approx(0.85 * own + 0.15 * 0.5, abs=2e-6)
    assert detection.pattern_data["bars"][-1] == detection.bar_time_ms
    assert len(detection.pattern_data["bars"]) == detector.span


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_upside_down_it_points_the_other_way(name):
    detection = last_detection(mirrored(example(name)), name)
    assert detection.direction == OPPOSITE[CASES[name][0]]
    assert detection.pattern_data["strength"] == -last_strength(example(name), name)


@pytest.mark.parametrize("name", [name for name in CASES if name not in BOTH_WAYS])
def test_upside_down_it_is_something_else_or_points_nowhere(name):
    if CASES[name][0] != "neutral":
        assert last_strength(mirrored(example(name)), name) == 0


@pytest.mark.parametrize("name", CASES)
def test_a_detection_has_its_trigger_beyond_the_price_and_its_stop_behind_it(name):
    direction, _ = CASES[name]
    detection = last_detection(example(name), name)
    levels = detection.pattern_data.get("levels")
    if direction == "neutral":
        assert levels is None
        return
    way = 1 if direction == "bullish" else -1
    assert way * (levels["trigger"] - detection.price) >= 0
    assert way * (levels["stop"] - detection.price) <= 0
    risk = levels["trigger"] - levels["stop"]
    assert levels["target"] == pytest.approx(levels["trigger"] + 1.5 * risk)


@pytest.mark.parametrize("name", [name for name in CASES if name not in OVER_THE_TREND])
def test_without_a_trend_before_it_is_found_but_is_no_detection(name):
    span = standard().detector(name).span
    last = example(name)[-span:]
    level = last[0][0] if name == "hammer" else last[0][0] - 1.0
    # Up and down by a point, so that bodies and ranges stay what they were.
    swings = path([(n, level + n % 2) for n in range(23)], wick=0.2)
    before = example(name)[-span - 1] if name == "three_black_crows" else swings[-1]
    chart = (*swings, before, *last)
    assert last_strength(chart, name) != 0
    assert last_detection(chart, name) is None


@pytest.mark.parametrize("name", CASES)
def test_how_much_trend_it_wants_is_a_parameter(name):
    detector = standard().detector(name)
    assert last_detection(detector.example, detector.with_parameters({"trend": 10.0})) is None
    assert last_detection(detector.example, detector.with_parameters({"size": 10.0})) is None
    with pytest.raises(BadParameter, match="trend is -1; it must lie between"):
        detector.with_parameters({"trend": -1})


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("abandoned_baby", 0.79, 0.81),
        ("dark_cloud_cover", 0.74, 0.76),
        ("evening_doji_star", 0.79, 0.81),
        ("evening_star", 0.79, 0.81),
    ],
)
def test_how_far_the_close_must_go_back_is_a_parameter(name, least, most):
    detector = standard().detector(name)
    asked = detector.with_parameters({"penetration": least, "trend": 0.75})
    assert last_strength(detector.example, asked) != 0
    assert asked.parameters == {"penetration": least, "trend": 0.75, "size": 1.0}
    assert last_strength(detector.example, detector.with_parameters({"penetration": most})) == 0


def test_an_engulfing_with_one_equal_end_is_weaker():
    detection = last_detection((*falling(), (40.0, 42.5, 39.9, 42.0, 300.0)), "engulfing")
    assert detection.pattern_data["strength"] == 80


def test_a_harami_that_shares_an_end_is_weaker():
    chart = (*falling(), (40.0, 40.1, 36.4, 36.5, 100.0), (36.5, 37.0, 36.2, 36.9, 300.0))
    assert last_strength(chart, "harami") == 80


@pytest.mark.parametrize("name", ["doji", "dragonfly_doji", "gravestone_doji"])
def test_a_bar_in_which_the_price_did_not_move_is_no_detection(name):
    for before in (rising(), falling()):
        assert last_detection((*before, (50.0, 50.0, 50.0, 50.0, 300.0)), name) is None


def test_a_gravestone_is_bearish_although_talib_says_100():
    detection = last_detection(example("gravestone_doji"), "gravestone_doji")
    assert (detection.direction, detection.pattern_data["strength"]) == ("bearish", 100)
