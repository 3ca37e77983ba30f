"""Moving averages that TA-Lib does not have, against averages of averages in pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd

from patterns.evaluate import indicator_history
from patterns.indicators.wma import DEFINITIONS
from tests.patterns.bars import as_matrix, walk


def weighted(prices: pd.Series, bars: int) -> pd.Series:
    weights = np.arange(1, bars + 1)
    return prices.rolling(bars).apply(lambda window: np.average(window, weights=weights), raw=True)


def test_hulls_average_equals_averages_of_averages_on_real_bars(daily):
    matrix = daily.take(range(0, 505, 50))
    found = indicator_history(matrix, DEFINITIONS)["HMA_20"]
    for row in range(len(matrix.symbols)):
        prices = pd.Series(matrix.close[row])
        raw = 2 * weighted(prices, 10) - weighted(prices, 20)
        np.testing.assert_allclose(found[row], weighted(raw, 4).to_numpy(), rtol=1e-9)


def test_hulls_average_lags_a_straight_line_by_two_thirds_of_a_bar():
    """A linearly weighted mean of n bars lags (n - 1) / 3: here 2 * 9/3 - 19/3 + 3/3 = 2/3."""
    matrix = as_matrix(walk(1, 60, traded=1.0), ["A"])
    matrix.close[:] = 100.0 + np.arange(60.0)
    found = indicator_history(matrix, DEFINITIONS)["HMA_20"][0, 22:]
    np.testing.assert_allclose(matrix.close[0, 22:] - found, 2 / 3, rtol=1e-9)
