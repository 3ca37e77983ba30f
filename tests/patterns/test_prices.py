"""Prices made of a bar's sides."""

from __future__ import annotations

import numpy as np

from patterns.history import HistoryView
from patterns.prices import equal, typical_price
from tests.patterns.bars import START, as_matrix, minute


def test_the_typical_price_is_the_mean_of_high_low_and_close():
    view = HistoryView(as_matrix([minute(START, {0: (10, 14, 9, 13, 1)})], ["A"]))
    assert typical_price(view, 0).tolist() == [[12.0]]


def test_prices_that_rounding_alone_parts_are_equal_at_any_height():
    third = 1 / 3
    assert equal(np.array([0.1 + 0.2, 3e9 * third * 3]), np.array([0.3, 3e9])).all()
    assert not equal(np.array([1e-20, 100.0]), np.array([2e-20, 100.0001])).any()


def test_a_price_that_is_missing_equals_nothing():
    assert not equal(np.array([np.nan]), np.array([np.nan])).any()
