"""Indicators of the session: they begin anew with each, and gaps do not disturb them."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.evaluate import indicator_history
from patterns.indicators.session_range import DEFINITIONS as RANGE
from patterns.indicators.vwap import DEFINITIONS as VWAP
from patterns.matrix import align_right
from tests.patterns.bars import HOUR, MINUTE, session_start

TEN = 10 * HOUR


def history(bars: list[tuple[int, float, float, float, float, float, float]]):
    """One symbol: (time, open, high, low, close, volume, vwap)."""
    table = np.array([bar[1:] for bar in bars], float)
    names = ("open", "high", "low", "close", "volume", "vwap")
    columns = {name: table[:, i] for i, name in enumerate(names)}
    columns["time_ms"] = np.array([bar[0] for bar in bars], np.int64)
    return align_right(["A"], np.zeros(len(bars), np.intp), columns, session_start)


def test_vwap_weighs_prices_by_volume_and_begins_anew_at_the_open():
    matrix = history(
        [
            (TEN - MINUTE, 9, 9, 9, 9, 1000, 9.0),
            (TEN, 10, 12, 9, 11, 100, 10.0),
            (TEN + 7 * MINUTE, 11, 13, 11, 12, 300, 12.0),
            (TEN + 8 * MINUTE, 12, 12, 12, 12, 0, 12.0),
        ]
    )
    found = indicator_history(matrix, VWAP)["VWAP"][0]
    # (100 * 10 + 300 * 12) / 400 = 11.5
    assert found.tolist() == [9.0, 10.0, 11.5, 11.5]


def test_vwap_of_a_bar_without_one_uses_the_typical_price():
    matrix = history([(TEN, 10, 12, 9, 12, 100, np.nan)])
    assert indicator_history(matrix, VWAP)["VWAP"][0].tolist() == [11.0]


def test_vwap_is_unknown_until_something_is_traded():
    matrix = history([(TEN, 10, 12, 9, 12, 0, 11), (TEN + MINUTE, 1, 1, 1, 1, 5, 1)])
    np.testing.assert_array_equal(indicator_history(matrix, VWAP)["VWAP"][0], [np.nan, 1.0])


def test_vwap_of_real_bars_equals_a_plain_loop(daily):
    matrix = daily.take(range(0, 505, 100))
    found = indicator_history(matrix, VWAP)["VWAP"]
    for row in range(len(matrix.symbols)):
        value = volume = 0.0
        session = None
        for bar in range(matrix.bars - int(matrix.count[row]), matrix.bars):
            if matrix.session_ms[row, bar] != session:
                session, value, volume = matrix.session_ms[row, bar], 0.0, 0.0
            price = (matrix.high[row, bar] + matrix.low[row, bar] + matrix.close[row, bar]) / 3
            value += price * matrix.volume[row, bar]
            volume += matrix.volume[row, bar]
            assert found[row, bar] == pytest.approx(value / volume, rel=1e-12)


def test_the_session_range_is_that_of_the_bars_before():
    matrix = history(
        [
            (TEN - MINUTE, 9, 99, 1, 9, 1, 9.0),
            (TEN, 10, 12, 9, 11, 1, 10.0),
            (TEN + MINUTE, 10, 11, 10, 11, 1, 10.0),
            (TEN + 9 * MINUTE, 10, 12, 8, 11, 1, 10.0),
            (TEN + 10 * MINUTE, 10, 13, 9, 11, 1, 10.0),
        ]
    )
    found = {name: values[0].tolist() for name, values in indicator_history(matrix, RANGE).items()}
    none = pytest.approx(np.nan, nan_ok=True)
    assert found["SESSION_BARS"] == [1, 1, 2, 3, 4]
    assert found["PRIOR_SESSION_HIGH"] == [none, none, 12, 12, 12]
    assert found["PRIOR_SESSION_HIGH_AGE"] == [none, none, 1, 2, 3]
    assert found["PRIOR_SESSION_LOW"] == [none, none, 9, 9, 8]
    assert found["PRIOR_SESSION_LOW_AGE"] == [none, none, 1, 2, 1]


def test_rsi_of_a_price_that_never_moves_is_zero_as_in_talib():
    import talib

    from patterns.registry import standard

    matrix = history([(TEN + n * MINUTE, 5, 5, 5, 5, 1, 5.0) for n in range(40)])
    found = indicator_history(matrix, [standard().indicator("RSI_14")])["RSI_14"][0]
    np.testing.assert_array_equal(found, talib.RSI(np.full(40, 5.0), 14))
