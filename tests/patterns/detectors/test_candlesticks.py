"""Candlesticks: what TA-Lib does not say: direction, evidence, and which are worth a detection."""

from __future__ import annotations

import pytest

from patterns.engine import LiveEngine
from patterns.registry import standard
from tests.patterns.bars import HOUR, MINUTE, minute, session_start

TEN = 10 * HOUR
FALLING = [(60 - n, 60.2 - n, 58.8 - n, 59.0 - n, 100.0) for n in range(20)]
RISING = [(40.0 + n, 41.2 + n, 39.8 + n, 41.0 + n, 100.0) for n in range(20)]


def last(bars, pattern_type):
    """The pattern's detection on the last bar."""
    live = LiveEngine(["A"], standard().only([], [pattern_type]), session_start)
    for number, bar in enumerate(bars):
        analysis = live.close(minute(TEN + number * MINUTE, {0: bar}))
    return next(iter(analysis.detections()), None)


CASES = {
    "engulfing": (FALLING, [(39.9, 42.5, 39.8, 42.0, 300)], "bullish"),
    "hammer": (FALLING, [(39.5, 39.62, 36.0, 39.6, 300)], "bullish"),
    "hanging_man": (RISING, [(62.0, 62.12, 58.0, 62.1, 300)], "bearish"),
    "doji": (RISING, [(61.0, 61.9, 60.1, 61.0, 300)], "neutral"),
    "morning_star": (
        FALLING,
        [(40, 40.2, 37.8, 38, 100), (37, 37.3, 36.8, 37.1, 100), (37.5, 39.8, 37.4, 39.6, 300)],
        "bullish",
    ),
    "evening_star": (
        RISING,
        [(61, 63.2, 60.8, 63, 100), (64, 64.3, 63.8, 64.1, 100), (63.5, 63.6, 61.2, 61.4, 300)],
        "bearish",
    ),
}


@pytest.mark.parametrize("pattern_type", CASES)
def test_a_textbook_case_is_found_with_its_direction_and_evidence(pattern_type):
    before, bars, direction = CASES[pattern_type]
    detection = last(before + bars, pattern_type)
    detector = standard().detector(pattern_type)
    assert detection is not None
    assert detection.direction == direction
    assert detection.confidence > 0.5
    parts = detection.pattern_data["parts"]
    assert set(parts) == {*detector.weights, "agreement"}
    weighted = sum(weight * parts[name] for name, weight in detector.weights.items())
    assert detection.confidence == pytest.approx(weighted, abs=2e-6)
    assert parts["volume"] == pytest.approx(0.75, abs=0.01)
    if "trend" in parts:
        assert parts["trend"] > 0.7
    minutes = detection.pattern_data["bars"]
    assert len(minutes) == detector.span
    assert minutes[-1] == detection.bar_time_ms


@pytest.mark.parametrize("pattern_type", ["hammer", "engulfing", "morning_star"])
def test_a_reversal_after_the_wrong_trend_is_less_credible(pattern_type):
    before, bars, _ = CASES[pattern_type]
    lift = bars[0][0] - before[-1][0]
    wrong = [tuple(side - 59 + bars[0][0] - lift for side in bar[:4]) + bar[4:] for bar in RISING]
    right = last(before + bars, pattern_type)
    against = last(wrong + bars, pattern_type)
    if against is not None:
        assert against.confidence < right.confidence


def test_a_bar_in_which_the_price_did_not_move_is_no_doji():
    assert last([*RISING, (61, 61, 61, 61, 5)], "doji") is None


def test_an_engulfing_with_one_equal_end_is_weaker():
    detection = last([*FALLING, (40.0, 42.5, 39.9, 42.0, 300)], "engulfing")
    assert detection.pattern_data["strength"] == 80


def test_a_falling_body_that_engulfs_is_bearish():
    detection = last([*RISING, (60.5, 60.6, 58.0, 58.2, 300)], "engulfing")
    assert (detection.direction, detection.pattern_data["strength"]) == ("bearish", -100)
