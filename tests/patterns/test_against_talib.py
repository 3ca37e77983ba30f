"""Equal to TA-Lib, all cells: 505 real symbols, five years of daily bars."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
import pytest
import talib

from patterns.evaluate import indicator_history
from patterns.matrix import BarMatrix, align_right
from patterns.registry import standard
from tests.patterns.conftest import weekly_session

Calls = dict[tuple[str, ...], Callable[..., Any]]


def of_closes(function: Callable[..., Any], bars: int) -> Callable[..., Any]:
    return lambda o, h, lo, c, v: [function(c, bars)]


def of_range(function: Callable[..., Any], bars: int) -> Callable[..., Any]:
    return lambda o, h, lo, c, v: [function(h, lo, c, bars)]


INDICATORS: Calls = {
    **{(f"SMA_{bars}",): of_closes(talib.SMA, bars) for bars in (20, 50, 200)},
    **{(f"EMA_{bars}",): of_closes(talib.EMA, bars) for bars in (9, 12, 20, 26, 50)},
    ("WMA_20",): of_closes(talib.WMA, 20),
    ("DEMA_20",): of_closes(talib.DEMA, 20),
    ("RSI_14",): of_closes(talib.RSI, 14),
    ("ROC_10",): of_closes(talib.ROC, 10),
    ("MACD", "MACD_SIGNAL", "MACD_HIST"): lambda o, h, lo, c, v: talib.MACD(c, 12, 26, 9),
    ("BB_UPPER", "BB_MIDDLE", "BB_LOWER"): lambda o, h, lo, c, v: talib.BBANDS(c, 20, 2.0, 2.0),
    ("STOCH_K", "STOCH_D"): lambda o, h, lo, c, v: talib.STOCH(h, lo, c, 14, 3, 0, 3, 0),
    ("STOCHRSI_K", "STOCHRSI_D"): lambda o, h, lo, c, v: talib.STOCHRSI(c, 14, 5, 3, 0),
    ("WILLR_14",): of_range(talib.WILLR, 14),
    ("CCI_20",): of_range(talib.CCI, 20),
    ("ATR_14",): of_range(talib.ATR, 14),
    ("ADX_14",): of_range(talib.ADX, 14),
    ("PLUS_DI_14",): of_range(talib.PLUS_DI, 14),
    ("MINUS_DI_14",): of_range(talib.MINUS_DI, 14),
    ("MFI_14",): lambda o, h, lo, c, v: [talib.MFI(h, lo, c, v, 14)],
    ("AROON_DOWN_14", "AROON_UP_14"): lambda o, h, lo, c, v: talib.AROON(h, lo, 14),
    ("AROON_OSC_14",): lambda o, h, lo, c, v: [talib.AROONOSC(h, lo, 14)],
}

RESIDUES = {"STOCH_K", "STOCH_D", "STOCHRSI_D", "MFI_14"}
"""TA-Lib keeps these sums by adding and subtracting, and what that leaves where the sum is zero is
all that differs: 1e-10 is a millionth of a millionth of their scale, 0 to 100."""


def symbol_bars(matrix: BarMatrix, row: int) -> list[np.ndarray]:
    first = matrix.bars - int(matrix.count[row])
    return [
        np.ascontiguousarray(getattr(matrix, side)[row, first:])
        for side in ("open", "high", "low", "close", "volume")
    ]


@pytest.fixture(scope="module")
def outputs(daily: BarMatrix) -> dict[str, np.ndarray]:
    registry = standard().only(tuple(chain.from_iterable(INDICATORS)))
    return indicator_history(daily, registry.indicators)


@pytest.mark.parametrize("names", INDICATORS, ids=lambda names: names[0])
def test_every_cell_of_an_indicator_equals_talib(daily, outputs, names):
    for row in range(len(daily.symbols)):
        expected = INDICATORS[names](*symbol_bars(daily, row))
        for name, values in zip(names, expected, strict=True):
            found = outputs[name][row, -len(values) :]
            atol = 1e-10 if name in RESIDUES else 0
            np.testing.assert_allclose(found, values, rtol=1e-9, atol=atol, err_msg=name)


@pytest.mark.parametrize("names", INDICATORS, ids=lambda names: names[0])
def test_a_price_that_never_moves_gives_what_talib_gives(names):
    flat = {side: np.full(250, 5.0) for side in ("open", "high", "low", "close", "volume")}
    times = np.arange(250, dtype=np.int64) * 86_400_000
    matrix = align_right(["A"], np.zeros(250, np.intp), {**flat, "time_ms": times}, weekly_session)
    found = indicator_history(matrix, standard().only(names).indicators)
    for name, values in zip(names, INDICATORS[names](*symbol_bars(matrix, 0)), strict=True):
        np.testing.assert_allclose(found[name][0], values, rtol=1e-12, atol=1e-12, err_msg=name)
