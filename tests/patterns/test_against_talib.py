"""Equal to TA-Lib, all cells: 505 real symbols, five years of daily bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib

from patterns.evaluate import indicator_history
from patterns.matrix import BarMatrix
from patterns.registry import standard

Calls = dict[tuple[str, ...], Callable[..., Any]]

INDICATORS: Calls = {
    ("RSI_14",): lambda o, h, lo, c: [talib.RSI(c, 14)],
    ("SMA_20",): lambda o, h, lo, c: [talib.SMA(c, 20)],
    ("SMA_50",): lambda o, h, lo, c: [talib.SMA(c, 50)],
    ("EMA_12",): lambda o, h, lo, c: [talib.EMA(c, 12)],
    ("EMA_26",): lambda o, h, lo, c: [talib.EMA(c, 26)],
    ("MACD", "MACD_SIGNAL", "MACD_HIST"): lambda o, h, lo, c: talib.MACD(c, 12, 26, 9),
    ("BB_UPPER", "BB_MIDDLE", "BB_LOWER"): lambda o, h, lo, c: talib.BBANDS(c, 20, 2.0, 2.0),
    ("ATR_14",): lambda o, h, lo, c: [talib.ATR(h, lo, c, 14)],
}


def symbol_bars(matrix: BarMatrix, row: int) -> list[np.ndarray]:
    first = matrix.bars - int(matrix.count[row])
    return [
        np.ascontiguousarray(getattr(matrix, side)[row, first:])
        for side in ("open", "high", "low", "close")
    ]


@pytest.fixture(scope="module")
def outputs(daily: BarMatrix) -> dict[str, np.ndarray]:
    return indicator_history(daily, standard().indicators)


@pytest.mark.parametrize("names", INDICATORS, ids=lambda names: names[0])
def test_every_cell_of_an_indicator_equals_talib(daily, outputs, names):
    for row in range(len(daily.symbols)):
        expected = INDICATORS[names](*symbol_bars(daily, row))
        for name, values in zip(names, expected, strict=True):
            np.testing.assert_allclose(
                outputs[name][row, -len(values) :], values, rtol=1e-9, atol=0, err_msg=name
            )
