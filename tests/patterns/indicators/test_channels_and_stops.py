"""Ichimoku, SuperTrend, Donchian, money flow and what bands say of a price that stands still."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import talib

from patterns.evaluate import indicator_history
from patterns.indicators import bollinger, cmf, donchian, ichimoku, sar, supertrend
from patterns.matrix import BarMatrix
from tests.patterns.bars import MINUTE
from tests.patterns.indicators.one_symbol import TEN, bars_of, closes, frame

NAN = np.nan


def ranged(matrix: BarMatrix, bars: int) -> pd.DataFrame:
    """Middle of the range of the last bars."""
    high, low = frame(matrix, "high"), frame(matrix, "low")
    return (high.rolling(bars).max() + low.rolling(bars).min()) / 2


def test_ichimoku_equals_rolling_ranges_of_all_symbols_in_every_cell(daily: BarMatrix):
    found = indicator_history(daily, ichimoku.DEFINITIONS)
    conversion, base = ranged(daily, 9), ranged(daily, 26)
    expected = {
        "ICHIMOKU_CONVERSION": conversion,
        "ICHIMOKU_BASE": base,
        "ICHIMOKU_SPAN_A": ((conversion + base) / 2).shift(26),
        "ICHIMOKU_SPAN_B": ranged(daily, 52).shift(26),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(found[name].T, values.to_numpy(), rtol=1e-12, err_msg=name)


def test_the_middle_of_donchian_equals_the_rolling_range(daily: BarMatrix):
    found = indicator_history(daily, donchian.DEFINITIONS)["DC_MIDDLE"]
    np.testing.assert_allclose(found.T, ranged(daily, 20).to_numpy(), rtol=1e-12)


def test_money_flow_equals_rolling_sums_of_all_symbols_in_every_cell(daily: BarMatrix):
    found = indicator_history(daily, cmf.DEFINITIONS)["CMF_20"]
    high, low, close, volume = (frame(daily, n) for n in ("high", "low", "close", "volume"))
    where = ((2 * close - high - low) / (high - low)).mask(high <= low, 0.0)
    flow, total = (
        np.lib.stride_tricks.sliding_window_view(part.to_numpy(), 20, axis=0).sum(axis=-1)
        for part in (where * volume, volume)
    )
    np.testing.assert_allclose(found.T[19:], flow / total, rtol=1e-9, atol=1e-12)
    assert np.isnan(found[:, :19]).all()


def test_money_flow_of_bars_without_range_is_zero_and_without_volume_unknown():
    flat = closes(*[5.0] * 20)
    assert indicator_history(flat, cmf.DEFINITIONS)["CMF_20"][0, -1] == 0.0
    silent = closes(*[5.0] * 20, volume=0)
    assert np.isnan(indicator_history(silent, cmf.DEFINITIONS)["CMF_20"]).all()


def test_bands_that_touch_have_no_place_between_them():
    found = indicator_history(closes(*[1.1] * 25), bollinger.DEFINITIONS)
    assert np.isnan(found["BB_PERCENT"]).all()
    np.testing.assert_allclose(found["BB_WIDTH"][0, 19:], 0, atol=1e-12)


def test_percent_b_of_a_hand_made_case():
    # 19 closes of 10 and one of 30: mean 11, deviation sqrt(19) = 4.3589
    found = indicator_history(closes(*[10.0] * 19, 30.0), bollinger.DEFINITIONS)
    lower, upper = 11 - 2 * 19**0.5, 11 + 2 * 19**0.5
    assert found["BB_WIDTH"][0, -1] == pytest.approx((upper - lower) / 11)
    assert found["BB_PERCENT"][0, -1] == pytest.approx((30 - lower) / (upper - lower))


def trailed(high, low, close) -> tuple[np.ndarray, np.ndarray]:
    """SuperTrend of one symbol, bar by bar, from TA-Lib's ATR."""
    ranges = talib.ATR(high, low, close, 10)
    line, side = np.full(len(close), NAN), np.full(len(close), NAN)
    upper = lower = NAN
    rising = False
    for bar in range(10, len(close)):
        middle = (high[bar] + low[bar]) / 2
        top, bottom = middle + 3 * ranges[bar], middle - 3 * ranges[bar]
        if bar == 10 or top < upper or close[bar - 1] > upper:
            upper = top
        if bar == 10 or bottom > lower or close[bar - 1] < lower:
            lower = bottom
        if rising and close[bar] < lower:
            rising = False
        elif not rising and close[bar] > upper:
            rising = True
        line[bar], side[bar] = (lower, 1) if rising else (upper, -1)
    return line, side


def test_supertrend_equals_a_plain_loop_over_each_symbol(daily: BarMatrix):
    matrix = daily.take(range(0, 505, 12))
    found = indicator_history(matrix, supertrend.DEFINITIONS)
    turns = 0
    for row in range(len(matrix.symbols)):
        first = matrix.bars - int(matrix.count[row])
        sides = (np.array(getattr(matrix, n)[row, first:]) for n in ("high", "low", "close"))
        line, side = trailed(*sides)
        np.testing.assert_array_equal(found["SUPERTREND_DIRECTION"][row, first:], side)
        np.testing.assert_allclose(found["SUPERTREND"][row, first:], line, rtol=1e-9)
        turns += int((np.diff(side[10:]) != 0).sum())
    assert turns > 500


def test_supertrend_turns_where_the_close_passes_the_band():
    calm = [(TEN + n * MINUTE, 100, 101, 99, 100, 1, 100) for n in range(12)]
    jump = (TEN + 12 * MINUTE, 107, 108, 107, 108, 1, 107)
    fall = (TEN + 13 * MINUTE, 90, 90, 88, 88, 1, 89)
    found = indicator_history(bars_of([*calm, jump, fall]), supertrend.DEFINITIONS)
    assert found["SUPERTREND_DIRECTION"][0, 10:].tolist() == [-1, -1, 1, -1]
    # ATR 2, then (9 * 2 + 8) / 10 = 2.6: bands 107.5 ± 7.8, of which the upper stays at 106
    np.testing.assert_allclose(found["SUPERTREND"][0, 10:13], [106, 106, 107.5 - 7.8])


@pytest.mark.parametrize(
    "second",
    [(12, 9, 11), (11, 8, 9), (11.5, 8.5, 10), (10.5, 9.5, 10), (12, 8, 10), (11, 9, 10)],
    ids=["up", "down", "outside", "inside", "wide", "the same"],
)
def test_the_parabolic_sar_starts_as_talib_does(second):
    rng = np.random.default_rng(5)
    rows = [(TEN, 10, 11, 9, 10, 1, 10), (TEN + MINUTE, 10, *second, 1, 10)]
    for n in range(2, 40):
        middle = 10 + rng.normal(0, 1)
        rows.append((TEN + n * MINUTE, middle, middle + 1, middle - 1, middle, 1, middle))
    matrix = bars_of(rows)
    found = indicator_history(matrix, sar.DEFINITIONS)["SAR"][0]
    high, low = np.array(matrix.high[0]), np.array(matrix.low[0])
    np.testing.assert_allclose(found, talib.SAR(high, low, 0.02, 0.2), rtol=1e-13)
