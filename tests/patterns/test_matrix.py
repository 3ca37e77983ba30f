"""Matrices of symbols × bars, and the ring that the live minute is appended to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patterns.matrix import BarWindow, WindowView, align_right, sessions_of
from tests.patterns.bars import MINUTE, START, as_matrix, minute, session_start, walk

ROWS = np.arange(3)


def column(values: list[float], time_ms: int = START) -> dict:
    sides = dict.fromkeys(("open", "high", "low", "close", "volume", "vwap"), np.array(values))
    partial = np.zeros(len(values), np.bool_)
    return {**sides, "time_ms": time_ms, "session_ms": 0, "partial": partial}


def window(depth: int = 4, bars: int = 0) -> BarWindow:
    made = BarWindow(depth)
    made.grow(3)
    for number in range(bars):
        made.append(ROWS, column([number, number + 10, number + 20], START + number * MINUTE))
    return made


def closes(bars: BarWindow, count: int) -> list[list[float]]:
    view = WindowView(bars, ROWS, bars.count[ROWS] - 1)
    return [view.close[ago].tolist() for ago in range(count)]


def test_the_last_column_of_a_matrix_is_each_symbols_latest_bar():
    columns = {"close": np.array([1.0, 2.0, 3.0, 9.0]), "time_ms": np.array([1, 2, 3, 2]) * MINUTE}
    matrix = align_right(["A", "B", "C"], np.array([0, 0, 0, 2]), columns, session_start)
    assert matrix.count.tolist() == [3, 0, 1]
    np.testing.assert_array_equal(matrix.close, [[1, 2, 3], [np.nan] * 3, [np.nan, np.nan, 9]])
    assert matrix.time_ms[2].tolist() == [-1, -1, 2 * MINUTE]
    assert np.isnan(matrix.vwap).all()


def test_only_the_last_bars_are_kept_where_fewer_are_asked_for():
    columns = {"close": np.array([1.0, 2.0, 3.0, 9.0]), "time_ms": np.array([1, 2, 3, 2]) * MINUTE}
    matrix = align_right(["A", "B"], np.array([0, 0, 0, 1]), columns, session_start, bars=2)
    np.testing.assert_array_equal(matrix.close, [[2, 3], [np.nan, 9]])
    assert matrix.count.tolist() == [2, 1]


def test_a_matrix_of_no_bars_has_no_columns():
    none = {"close": np.empty(0), "time_ms": np.empty(0, np.int64)}
    matrix = align_right(["A"], np.empty(0, np.intp), none, session_start)
    assert matrix.bars == 0
    assert matrix.count.tolist() == [0]


def test_what_was_known_earlier_is_a_matrix_of_its_own():
    matrix = as_matrix(walk(3, 10, traded=0.5), ["A", "B", "C"])
    early = matrix.until(matrix.bars - 2)
    assert early.bars == matrix.bars - 2
    np.testing.assert_array_equal(early.count, (~np.isnan(early.close)).sum(axis=1))


def test_sessions_are_asked_once_a_distinct_time():
    asked = []

    def start(time_ms: int) -> int:
        asked.append(time_ms)
        return time_ms // 10

    found = sessions_of(np.array([[-1, 50, 50], [50, 70, 50]]), start)
    assert found.tolist() == [[-1, 5, 5], [5, 7, 5]]
    assert asked == [50, 70]


def test_a_ring_holds_the_last_bars_of_each_row():
    assert closes(window(depth=4, bars=6), 4) == [
        [5, 15, 25],
        [4, 14, 24],
        [3, 13, 23],
        [2, 12, 22],
    ]


def test_a_ring_says_nothing_of_bars_it_does_not_have():
    bars = window(depth=4, bars=2)
    assert np.isnan(closes(bars, 4)[2:]).all()
    view = WindowView(bars, ROWS, bars.count[ROWS] - 1)
    assert view.time_ms[2].tolist() == [-1, -1, -1]
    with pytest.raises(ValueError, match=r"close\[4\]: the window holds 4 bars"):
        view.close[4]


def test_a_late_bar_goes_between_the_bars_it_belongs_to():
    bars = window(depth=4, bars=3)
    late = START + MINUTE + 1
    after, exact = bars.bars_after(ROWS, late, 3)
    assert after.tolist() == [1, 1, 1]
    assert not exact.any()
    numbers = bars.insert(ROWS[:2], np.array([1, 0]), column([7.0, 8.0], late))
    assert numbers.tolist() == [2, 3]
    assert closes(bars, 3) == [[2, 8, 22], [7, 12, 21], [1, 11, 20]]


def test_a_window_grows_and_keeps_what_it_has():
    bars = window(bars=3)
    bars.grow(2)
    bars.grow(500)
    assert bars.room == 500
    assert closes(bars, 2) == [[2, 12, 22], [1, 11, 21]]
    assert bars.last_ms(np.array([1, 400])).tolist() == [START + 2 * MINUTE, -1]


def test_a_loaded_window_equals_one_that_was_appended_to():
    minutes = walk(3, 20, traded=0.6)
    appended, loaded = window(depth=6), window(depth=6, bars=3)
    for m in minutes:
        fields = {
            name: getattr(m, name) for name in ("open", "high", "low", "close", "volume", "vwap")
        }
        session = {"session_ms": session_start(m.minute_ms), "partial": m.is_partial}
        appended.append(m.symbol_id.astype(int), {**fields, "time_ms": m.minute_ms, **session})
    loaded.load(ROWS, as_matrix(minutes, ["A", "B", "C"]))
    for name, values in appended.fields.items():
        np.testing.assert_array_equal(values[:, :3], loaded.fields[name][:, :3], err_msg=name)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sets(st.integers(0, 2)), min_size=1, max_size=30))
def test_any_pattern_of_trading_leaves_each_row_its_own_last_bars(traded):
    bars = window(depth=5)
    kept: list[list[float]] = [[], [], []]
    for number, rows in enumerate(traded):
        chosen = np.array(sorted(rows), np.int64)
        bars.append(chosen, column([number + row / 10 for row in chosen]))
        for row in chosen.tolist():
            kept[row].append(number + row / 10)
    for row, expected in enumerate(kept):
        view = WindowView(bars, np.array([row]), np.array([len(expected) - 1]))
        seen = [view.close[ago][0] for ago in range(min(5, len(expected)))]
        assert seen == expected[::-1][:5]


def test_a_bar_of_a_minute_is_shaped_as_the_stream_hands_it_over():
    made = minute(START, {2: (1, 3, 1, 2, 10), 0: (4, 5, 3, 4, 20)})
    assert made.symbol_id.tolist() == [0, 2]
    assert made.high.tolist() == [5, 3]
