"""Candlesticks are common shapes; detections of them must not be."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.analysis import find_hits
from patterns.evaluate import quiet
from patterns.history import HistoryView
from patterns.registry import standard
from tests.patterns.talib_names import TALIB_NAMES

CANDLESTICKS = [d for d in standard().detectors if d.pattern_type in TALIB_NAMES]


@pytest.fixture(scope="module")
def detected(daily):
    """Bars on which each candlestick is detected, of 505 symbols over five years."""
    view = HistoryView(daily)
    first = daily.bars - daily.count
    bars = {}
    with quiet():
        for detector in CANDLESTICKS:
            bars[detector.pattern_type] = mask = np.zeros(view.count.shape, bool)
            hits = find_hits(detector, view)
            if hits is not None:
                mask[hits.row, first[hits.row] + hits.bar] = True
    return bars


def test_at_most_three_bars_in_a_hundred_have_a_candlestick(daily, detected):
    anywhere = np.logical_or.reduce(list(detected.values()))
    assert anywhere.sum() <= 0.03 * daily.count.sum()


def test_no_candlestick_makes_up_a_quarter_of_them_all(detected):
    counts = {name: int(mask.sum()) for name, mask in detected.items()}
    assert max(counts.values()) < sum(counts.values()) / 4
