"""One expression of columns, three kinds of view."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.history import HistoryView
from patterns.matrix import BarWindow, WindowView
from patterns.sums import window_mean, window_sum
from patterns.views import LookAheadError, Values
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


def live_view():
    """The last bars as the live engine has them, and history at the same moment."""
    window = BarWindow(30)
    window.grow(4)
    window.load(np.arange(4), MATRIX)
    return WindowView(window, np.arange(4), window.count[:4] - 1), HistoryView(MATRIX)


def test_the_live_view_sees_what_history_sees():
    live, history = live_view()
    for field in ("high", "time_ms", "partial"):
        for ago in (0, 3, 20):
            np.testing.assert_array_equal(
                live.column(field, ago), history.column(field, ago)[:, -1], err_msg=field
            )


@pytest.mark.parametrize("ago", [[0, 1, 2, 3], [5, 5, 0, 7], [39, 39, 39, 39]])
def test_each_element_may_look_at_another_bar(ago):
    live, history = live_view()
    back = np.array(ago)
    first = history.points(history.count == MATRIX.count[:, None])
    expected = [
        MATRIX.low[row, -1 - n] if n < MATRIX.count[row] else np.nan
        for row, n in zip(first.rows, back, strict=True)
    ]
    np.testing.assert_array_equal(first.gather("low", back), expected)
    shallow = np.where(back < 30, expected, np.nan)
    np.testing.assert_array_equal(live.gather("low", back), shallow)
    np.testing.assert_array_equal(history.moment(MATRIX.bars - 1).gather("low", back), expected)


def test_no_element_may_look_at_a_later_bar():
    live, history = live_view()
    points = history.points(history.count == 5)
    for view in (live, points, history.moment(9)):
        with pytest.raises(LookAheadError, match=r"low\[-2\] is after the current bar"):
            view.gather("low", np.array([0, 1, -2, 0]))


def test_what_is_derived_is_made_once_and_is_the_same_in_every_view():
    live, history = live_view()
    made = []

    def middle(view, ago):
        made.append(ago)
        return (view.high[ago] + view.low[ago]) / 2

    expected = (MATRIX.high[:, :-4] + MATRIX.low[:, :-4]) / 2
    for _ in range(2):
        np.testing.assert_array_equal(history.derived("middle", middle, 4)[:, 4:], expected)
    assert made == [0]
    last = MATRIX.bars - 1
    np.testing.assert_array_equal(
        history.moment(last).derived("middle", middle, 4), expected[:, -1]
    )
    np.testing.assert_array_equal(live.derived("middle", middle, 4), expected[:, -1])
    assert np.isnan(history.moment(3).derived("middle", middle, 4)).all()


def test_points_of_points_keep_their_values():
    history = HistoryView(MATRIX)
    history.values = {"X": MATRIX.close * 2}
    few = history.points(MATRIX.volume > 100)
    fewer = few.points(few.volume[0] > 400)
    chosen = MATRIX.volume > 400
    np.testing.assert_array_equal(fewer.values["X"], history.pick(chosen, MATRIX.close * 2))
    assert list(fewer.values) == ["X"]
    assert len(fewer.values) == 1


def test_what_nobody_gave_is_unknown_and_what_is_given_is_asked_for_once():
    asked = []

    def ask():
        asked.append(1)
        return {"OUTSIDE": np.array([3.0])}

    values = Values({"OWN": np.array([1.0])}, ask)
    assert (values["OWN"].tolist(), asked) == ([1.0], [])
    assert (values["OUTSIDE"].tolist(), values["OUTSIDE"].tolist(), asked) == ([3.0], [3.0], [1])
    assert values.get("NOWHERE") is None
    assert (list(values), len(values)) == (["OWN"], 1)
    assert np.isnan(HistoryView(MATRIX).given("OUTSIDE")).all()
