"""Definitions at work on made-up bars."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.demonstration import SHOWN_BARS, demonstrate, demonstrate_indicator, made_up_market
from patterns.registry import standard
from tests.patterns.last_bar import last_detection

SHOWN = [indicator for indicator in standard().indicators if not indicator.internal]


@pytest.mark.parametrize("indicator", SHOWN, ids=lambda indicator: indicator.name)
def test_every_shown_indicator_has_a_value_at_every_bar_that_is_drawn(indicator):
    shown = demonstrate_indicator(indicator, standard())
    assert len(shown.bars) == len(shown.times_ms) == SHOWN_BARS
    assert list(shown.outputs) == list(indicator.outputs)
    for name, values in shown.outputs.items():
        assert np.isfinite(values[-SHOWN_BARS // 2 :]).all(), name


def test_the_made_up_market_is_the_same_each_time_and_no_bar_contradicts_itself():
    charts = made_up_market(300)
    assert charts == made_up_market(300)
    assert len(set(charts)) == len(charts)
    for opened, high, low, closed, volume in charts[0]:
        assert low <= min(opened, closed) <= max(opened, closed) <= high
        assert volume > 0


def test_a_moving_average_of_it_is_what_numpy_says():
    shown = demonstrate_indicator(standard().indicator("SMA_20"), standard())
    closes = np.array([bar[3] for bar in shown.bars])
    wanted = np.convolve(closes, np.full(20, 1 / 20), "valid")
    np.testing.assert_allclose(shown.outputs["SMA_20"][19:], wanted, rtol=1e-12)


def test_an_example_is_detected_as_the_live_engine_detects_it_bar_by_bar():
    detector = standard().detector("morning_star")
    shown = demonstrate(detector, standard())
    other = last_detection(detector.example, "morning_star")
    assert shown.detection is not None
    assert shown.detection.confidence == other.confidence
    assert shown.detection.pattern_data["levels"] == other.pattern_data["levels"]
    assert shown.detection.pattern_data["bars"] == list(shown.times_ms[-3:])
