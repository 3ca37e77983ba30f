"""What makes a candlestick worth a detection, in numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.candlestick_evidence import (
    continues,
    excess,
    fullness,
    notable,
    reversal_parts,
    reverses,
    scarcity,
    stands_out,
)
from patterns.evaluate import quiet
from patterns.evidence import trend_before
from patterns.examples import falling, rising
from patterns.history import HistoryView
from tests.patterns.last_bar import chart_matrix

BAR = (40.0, 41.0, 39.6, 40.7, 100.0)  # a body of 0.7 in a range of 1.4, that of the bars before
STILL = (40.0, 40.0, 40.0, 40.0, 100.0)


def last(chart, ask):
    with quiet():
        return np.asarray(ask(HistoryView(chart_matrix(chart))))[0, -1]


def test_the_trend_before_is_counted_in_twice_the_mean_range():
    # Ten points down over the ten bars before the last, in units of 2.8.
    assert last((*falling(), BAR), lambda view: trend_before(view, 1)) == pytest.approx(-10 / 2.8)
    assert last((*rising(), BAR), lambda view: trend_before(view, 1)) == pytest.approx(10 / 2.8)
    assert np.isnan(last(falling(10), lambda view: trend_before(view, 1)))


@pytest.mark.parametrize(("size", "expected"), [(0.9, True), (1.1, False)])
def test_one_bar_must_reach_as_far_as_those_before_do(size, expected):
    assert last((*falling(), BAR), lambda view: notable(view, 1, size)) == expected


@pytest.mark.parametrize(("size", "expected"), [(1.1, True), (1.2, False)])
def test_two_bars_must_reach_half_as_far_again(size, expected):
    # From 39.6 to 42: 2.4, where 1.5 mean ranges are 2.1.
    higher = (41.0, 42.0, 40.8, 41.5, 100.0)
    assert last((*falling(), BAR, higher), lambda view: notable(view, 2, size)) == expected


def test_a_bar_without_a_move_completes_nothing():
    assert not last((*falling(), BAR, STILL), lambda view: notable(view, 2, 0.0))


def test_a_reversal_wants_the_trend_against_it_and_a_continuation_with_it():
    small = {"size": 0.5}
    fell, rose = (*falling(), BAR), (*rising(), BAR)
    assert [last(fell, reverses(1, side, **small)) for side in (1, -1)] == [True, False]
    assert [last(rose, reverses(1, side, **small)) for side in (1, -1)] == [False, True]
    assert [last(fell, continues(1, side, **small)) for side in (1, -1)] == [False, True]
    assert [last(rose, continues(1, side, **small)) for side in (1, -1)] == [True, False]
    assert last(fell, stands_out(1, **small))
    assert last(rose, stands_out(1, **small))
    assert not last(rose, stands_out(1, size=0.5, trend=4.0))


def test_fullness_is_what_of_the_ranges_is_body():
    chart = (*falling(), BAR, (40.7, 41.0, 40.4, 40.8, 100.0))
    assert last(chart, lambda view: fullness(view, 2)) == pytest.approx((0.7 + 0.1) / (1.4 + 0.6))


def test_fits_say_one_half_where_a_rule_is_just_met():
    assert excess(np.array([2.0, 4.0]), np.array([2.0, 2.0])).tolist() == [0.5, 0.75]
    assert scarcity(np.array([0.0, 2.0]), np.array([2.0, 2.0])).tolist() == [1.0, 0.5]


def test_a_fit_is_cut_to_zero_and_one_and_half_where_it_is_unknown():
    chart = (*falling(), BAR)
    for fit, part in ((-1.0, 0.0), (2.0, 1.0), (np.nan, 0.5)):
        with quiet():
            view = HistoryView(chart_matrix(chart))
            ones = np.ones(view.count.shape, np.int8)
            parts = reversal_parts(view, ones, 1, np.full(view.count.shape, fit))
        assert parts["fit"][0, -1] == part
