"""Windows joined by doubling: right against pandas, and the same bits in every view."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from patterns.history import PAD, HistoryView
from patterns.matrix import BarWindow, WindowView
from patterns.sums import highest, lowest, weighted_sum, window_mean, window_sum
from tests.patterns.bars import as_matrix, walk

SYMBOLS = ["A", "B", "C"]
MATRIX = as_matrix(walk(3, 300, seed=4, traded=0.9), SYMBOLS)
LENGTHS = (1, 2, 3, 7, 14, 16, 50, 200)
WINDOWS = {
    "sum": window_sum,
    "mean": window_mean,
    "highest": highest,
    "lowest": lowest,
    "weighted": lambda view, field, bars, ago: weighted_sum(view, field, (0.1,) * bars, ago),
}


def rolling(name: str, bars: int) -> np.ndarray:
    closes = pd.DataFrame(MATRIX.close.T).rolling(bars)
    found = {
        "sum": closes.sum,
        "mean": closes.mean,
        "highest": closes.max,
        "lowest": closes.min,
        "weighted": lambda: closes.sum() * 0.1,
    }[name]()
    return found.to_numpy().T


@pytest.mark.parametrize("bars", LENGTHS)
@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_equals_pandas(name, bars):
    found = WINDOWS[name](HistoryView(MATRIX), "close", bars, 0)
    np.testing.assert_allclose(found, rolling(name, bars), rtol=1e-11)


@pytest.mark.parametrize("ago", [0, 1, 5])
@pytest.mark.parametrize("bars", LENGTHS)
@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_has_the_same_bits_in_every_view(name, bars, ago):
    history, window = HistoryView(MATRIX), BarWindow(256)
    whole = WINDOWS[name](history, "close", bars, ago)
    window.grow(3)
    window.load(np.arange(3), MATRIX)
    live = WindowView(window, np.arange(3), MATRIX.count - 1)
    np.testing.assert_array_equal(WINDOWS[name](live, "close", bars, ago), whole[:, -1])
    for bar in (0, 40, 260, MATRIX.bars - 1):
        moment = HistoryView(MATRIX).moment(bar)
        np.testing.assert_array_equal(WINDOWS[name](moment, "close", bars, ago), whole[:, bar])
    chosen = np.zeros(whole.shape, np.bool_)
    chosen[1, 250:] = True
    points = WINDOWS[name](history.points(chosen), "close", bars, ago)
    np.testing.assert_array_equal(points, whole[1, 250:])


@pytest.mark.parametrize("ago", [1, PAD - 1, PAD, PAD + 1, 2 * PAD + 3, 10_000])
def test_an_earlier_column_is_the_column_moved(ago):
    long = as_matrix(walk(2, 700, seed=6, traded=1.0), ["A", "B"])
    view = HistoryView(long)
    expected = pd.DataFrame(long.close.T).shift(ago).to_numpy().T
    np.testing.assert_array_equal(view.column("close", ago), expected)
    np.testing.assert_array_equal(
        view.derived("twice", lambda view, ago: 2 * view.close[ago], ago), 2 * expected
    )
    times = view.time_ms[ago]
    assert times.dtype == np.int64
    assert (times[:, : min(ago, 700)] == -1).all()
