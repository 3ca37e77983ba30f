"""Volatility, volume and stops, equal to TA-Lib in all cells of 505 real symbols."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib

from patterns.evaluate import indicator_history
from patterns.indicators import atr, bollinger, donchian, keltner, obv, relative_strength, sar
from patterns.matrix import BarMatrix

FIELDS = ("high", "low", "close", "volume")
TEN_BARS = atr.atr(10)
MODULES = (atr, bollinger, donchian, keltner, obv, relative_strength, sar)


def bands(h: Any, lo: Any, c: Any, v: Any) -> list[np.ndarray]:
    upper, middle, lower = talib.BBANDS(c, 20, 2.0, 2.0)
    return [upper, middle, lower, (upper - lower) / middle]


def channel(h: Any, lo: Any, c: Any, v: Any) -> list[np.ndarray]:
    middle, off = talib.EMA(c, 20), 2.0 * talib.ATR(h, lo, c, 10)
    return [middle + off, middle, middle - off]


CALLS: dict[tuple[str, ...], Callable[..., list[np.ndarray]]] = {
    ("ATR_14",): lambda h, lo, c, v: [talib.ATR(h, lo, c, 14)],
    ("ATR_10",): lambda h, lo, c, v: [talib.ATR(h, lo, c, 10)],
    ("BB_UPPER", "BB_MIDDLE", "BB_LOWER", "BB_WIDTH"): bands,
    ("KC_UPPER", "KC_MIDDLE", "KC_LOWER"): channel,
    ("DC_UPPER", "DC_LOWER"): lambda h, lo, c, v: [talib.MAX(h, 20), talib.MIN(lo, 20)],
    ("OBV_DAILY",): lambda h, lo, c, v: [talib.OBV(c, v)],
    ("STRENGTH_ROC_20",): lambda h, lo, c, v: [talib.ROC(c, 20)],
}


@pytest.fixture(scope="module")
def outputs(daily: BarMatrix) -> dict[str, np.ndarray]:
    chosen = [i for module in MODULES for i in module.DEFINITIONS if i.rank_of is None]
    return indicator_history(daily, [*chosen, TEN_BARS])


def symbol_bars(matrix: BarMatrix, row: int) -> list[np.ndarray]:
    first = matrix.bars - int(matrix.count[row])
    return [np.ascontiguousarray(getattr(matrix, name)[row, first:]) for name in FIELDS]


@pytest.mark.parametrize("names", CALLS, ids=lambda names: names[0])
def test_every_cell_equals_talib(daily, outputs, names):
    for row in range(len(daily.symbols)):
        expected = CALLS[names](*symbol_bars(daily, row))
        for name, values in zip(names, expected, strict=True):
            found = outputs[name][row, -len(values) :]
            # A width, a change and a sum that cross zero have no relative accuracy there.
            np.testing.assert_allclose(found, values, rtol=1e-9, atol=1e-12, err_msg=name)


def test_every_cell_of_the_parabolic_sar_equals_talib(daily, outputs):
    """But for the last bit: compilers may fuse TA-Lib's multiplication and addition."""
    for row in range(len(daily.symbols)):
        high, low, _, _ = symbol_bars(daily, row)
        expected = talib.SAR(high, low, 0.02, 0.2)
        found = outputs["SAR"][row, -len(expected) :]
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=0)


def test_a_sar_begun_four_hundred_bars_ago_has_joined_the_one_that_began_with_the_history(
    daily, outputs
):
    """What the live engine is warmed with."""
    late = BarMatrix(
        daily.symbols,
        np.minimum(daily.count, 400),
        **{name: getattr(daily, name)[:, -400:] for name in BarMatrix.__slots__[2:]},
    )
    found = indicator_history(late, sar.DEFINITIONS)["SAR"]
    np.testing.assert_array_equal(found[:, -1], outputs["SAR"][:, -1])


def test_percent_b_is_zero_at_the_lower_band_and_one_at_the_upper(daily, outputs):
    for row in range(0, len(daily.symbols), 10):
        _, _, close, _ = symbol_bars(daily, row)
        upper, _, lower = talib.BBANDS(close, 20, 2.0, 2.0)
        found = outputs["BB_PERCENT"][row, -len(close) :]
        np.testing.assert_allclose(found, (close - lower) / (upper - lower), rtol=0, atol=1e-7)
