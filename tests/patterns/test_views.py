"""One expression of columns, three kinds of view."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.history import HistoryView
from patterns.sums import window_mean, window_sum
from patterns.views import LookAheadError
from tests.patterns.bars import as_matrix, walk

MATRIX = as_matrix(walk(4, 40, traded=0.7), ["A", "B", "C", "D"])


def test_history_shifts_by_bars_and_leaves_what_is_not_there_out():
    view = HistoryView(MATRIX)
    np.testing.assert_array_equal(view.close[3][:, 3:], MATRIX.close[:, :-3])
    assert np.isnan(view.close[3][:, :3]).all()
    assert np.isnan(view.close[MATRIX.bars + 5]).all()
    assert (view.time_ms[MATRIX.bars] == -1).all()


def test_history_counts_each_symbols_own_bars():
    view = HistoryView(MATRIX)
    for row in range(4):
        counted = view.count[row][~np.isnan(MATRIX.close[row])]
        assert counted.tolist() == list(range(1, int(MATRIX.count[row]) + 1))


@pytest.mark.parametrize("ago", [0, 1, 7, 60])
@pytest.mark.parametrize("field", ["close", "time_ms", "partial"])
def test_moments_and_points_see_what_history_sees(field, ago):
    view = HistoryView(MATRIX)
    whole = view.column(field, ago)
    for bar in (0, 5, MATRIX.bars - 1):
        np.testing.assert_array_equal(view.moment(bar).column(field, ago), whole[:, bar])
    chosen = MATRIX.volume > 200
    points = view.points(chosen)
    np.testing.assert_array_equal(points.column(field, ago), view.pick(chosen, whole))
    assert points.column(field, ago).dtype == whole.dtype


def test_points_are_ordered_by_time_of_the_column_then_symbol():
    points = HistoryView(MATRIX).points(MATRIX.close > 0)
    order = list(zip(points.bars.tolist(), points.rows.tolist(), strict=True))
    assert order == sorted(order)


def test_no_view_shows_a_later_bar():
    view = HistoryView(MATRIX)
    for seeing in (view, view.moment(3), view.points(MATRIX.close > 0)):
        with pytest.raises(LookAheadError, match="after the current one"):
            seeing.low[-2]


def test_sums_have_the_same_bits_in_every_view():
    view = HistoryView(MATRIX)
    total = window_sum(view, "vwap", 7)
    for bar in range(MATRIX.bars):
        np.testing.assert_array_equal(window_sum(view.moment(bar), "vwap", 7), total[:, bar])
    assert window_mean(view, "vwap", 7)[0, -1] == pytest.approx(MATRIX.vwap[0, -7:].mean())
    assert window_sum(view, "vwap", 3, ago=2)[0, -1] == pytest.approx(MATRIX.vwap[0, -5:-2].sum())


def test_a_sum_is_made_once_a_view():
    view = HistoryView(MATRIX)
    assert window_sum(view, "close", 5) is window_sum(view, "close", 5)
