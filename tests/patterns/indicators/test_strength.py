"""The year's range, rank among the symbols, and how straight a trend is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from patterns.evaluate import indicator_history
from patterns.indicators import efficiency, relative_strength, year
from patterns.matrix import BarMatrix
from tests.patterns.bars import as_matrix, walk
from tests.patterns.indicators.one_symbol import closes, frame


def test_the_year_is_the_range_of_252_daily_bars(daily: BarMatrix):
    found = indicator_history(daily, year.DEFINITIONS)
    high = frame(daily, "high").rolling(252).max()
    low = frame(daily, "low").rolling(252).min()
    position = 100 * (frame(daily, "close") - low) / (high - low)
    np.testing.assert_array_equal(found["YEAR_HIGH"].T, high.to_numpy())
    np.testing.assert_array_equal(found["YEAR_LOW"].T, low.to_numpy())
    np.testing.assert_allclose(found["YEAR_POSITION"].T, position.to_numpy(), rtol=1e-9, atol=1e-9)
    assert 0 <= np.nanmin(found["YEAR_POSITION"]) <= np.nanmax(found["YEAR_POSITION"]) <= 100


def test_a_year_in_which_nothing_moved_has_no_position():
    found = indicator_history(closes(*[7.0] * 252), year.DEFINITIONS)
    assert np.isnan(found["YEAR_POSITION"][0, -1])
    assert (found["YEAR_HIGH"][0, -1], found["YEAR_LOW"][0, -1]) == (7, 7)


def ranked(matrix: BarMatrix) -> np.ndarray:
    """Each cell's rank among those of its time, by pandas."""
    close = frame(matrix, "close")
    table = pd.DataFrame(
        {
            "rise": (100 * (close / close.shift(20) - 1)).to_numpy().T.ravel(),
            "time": matrix.time_ms.ravel(),
        }
    )
    rank = table.groupby("time")["rise"].rank(pct=True)
    return 100 * rank.to_numpy().reshape(matrix.time_ms.shape)


def test_relative_strength_is_the_rank_of_the_rise_among_all_symbols(daily: BarMatrix):
    found = indicator_history(daily, relative_strength.DEFINITIONS)["RELATIVE_STRENGTH"]
    np.testing.assert_allclose(found, ranked(daily), rtol=1e-12)


def test_symbols_are_ranked_by_time_though_their_bars_are_not_aligned():
    matrix = as_matrix(walk(9, 120, seed=6, traded=0.6), list("ABCDEFGHI"))
    found = indicator_history(matrix, relative_strength.DEFINITIONS)["RELATIVE_STRENGTH"]
    np.testing.assert_allclose(found, ranked(matrix), rtol=1e-12)
    assert np.nanmax(found) == 100


def test_the_trend_is_the_change_over_the_way(daily: BarMatrix):
    found = indicator_history(daily, efficiency.DEFINITIONS)["TREND_20"]
    close = frame(daily, "close")
    steps = close.diff().abs().to_numpy()
    way = np.lib.stride_tricks.sliding_window_view(steps, 20, axis=0).sum(axis=-1)
    expected = (close - close.shift(20)).to_numpy()[19:] / way
    np.testing.assert_allclose(found.T[19:], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        (range(10, 31), 1.0),
        (range(30, 9, -1), -1.0),
        ([10.0, 11.0] * 10 + [10.0], 0.0),
        ([5.0] * 21, 0.0),
        ([*range(10, 26), *range(24, 19, -1)], 0.5),
    ],
    ids=["up", "down", "to and fro", "still", "three up, one down"],
)
def test_the_trend_of_a_hand_made_way(prices, expected):
    found = indicator_history(closes(*prices), efficiency.DEFINITIONS)["TREND_20"][0]
    assert np.isnan(found[:-1]).all()
    assert found[-1] == expected
