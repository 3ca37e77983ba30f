"""TA-Lib's functions for all that it has of what is registered: indicators and 61 candlesticks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from patterns.registry import CANDLESTICKS, Registry, standard

Call = Callable[..., Any]
"""(open, high, low, close, volume) of one symbol → its outputs."""


def indicator_calls() -> dict[tuple[str, ...], Call]:
    """By the names of the outputs."""
    import talib as ta

    def of_closes(function: Call, bars: int) -> Call:
        return lambda o, h, lo, c, v: function(c, bars)

    def of_range(name: str, bars: int) -> Call:
        function = getattr(ta, name)
        return lambda o, h, lo, c, v: function(h, lo, c, bars)

    return {
        **{(f"SMA_{bars}",): of_closes(ta.SMA, bars) for bars in (20, 50, 200)},
        **{(f"EMA_{bars}",): of_closes(ta.EMA, bars) for bars in (9, 12, 20, 26, 50)},
        ("WMA_20",): of_closes(ta.WMA, 20),
        ("DEMA_20",): of_closes(ta.DEMA, 20),
        ("RSI_14",): of_closes(ta.RSI, 14),
        ("ROC_10",): of_closes(ta.ROC, 10),
        ("MACD", "MACD_SIGNAL", "MACD_HIST"): lambda o, h, lo, c, v: ta.MACD(c),
        ("BB_UPPER", "BB_MIDDLE", "BB_LOWER"): lambda o, h, lo, c, v: ta.BBANDS(c, 20),
        ("STOCH_K", "STOCH_D"): lambda o, h, lo, c, v: ta.STOCH(h, lo, c, 14, 3, 0, 3, 0),
        ("STOCHRSI_K", "STOCHRSI_D"): lambda o, h, lo, c, v: ta.STOCHRSI(c, 14, 5, 3, 0),
        **{(f"{name}_14",): of_range(name, 14) for name in ("WILLR", "ATR", "ADX")},
        **{(f"{name}_14",): of_range(name, 14) for name in ("PLUS_DI", "MINUS_DI")},
        ("CCI_20",): of_range("CCI", 20),
        ("MFI_14",): lambda o, h, lo, c, v: ta.MFI(h, lo, c, v, 14),
        ("AROON_DOWN_14", "AROON_UP_14"): lambda o, h, lo, c, v: ta.AROON(h, lo, 14),
        ("AROON_OSC_14",): lambda o, h, lo, c, v: ta.AROONOSC(h, lo, 14),
        ("SAR",): lambda o, h, lo, c, v: ta.SAR(h, lo),
        ("OBV",): lambda o, h, lo, c, v: ta.OBV(c, v),
    }


def candlestick_calls() -> list[Call]:
    """All of TA-Lib's candlesticks."""
    import talib

    names = talib.get_function_groups()["Pattern Recognition"]
    return [_candlestick(getattr(talib, name)) for name in names]


def _candlestick(function: Call) -> Call:
    return lambda o, h, lo, c, v: function(o, h, lo, c)


def same_outputs() -> Registry:
    """What is registered here that TA-Lib has too."""
    return standard().only(tuple(chain.from_iterable(indicator_calls())), CANDLESTICKS)


def cpu_seconds(symbols: Iterable[Sequence[Any]]) -> float:
    """Seconds of processor time for every function, symbol by symbol.

    symbols: open, high, low, close and volume of each, contiguous arrays.
    """
    calls = [*indicator_calls().values(), *candlestick_calls()]
    bars = list(symbols)
    begun = time.process_time()
    for columns in bars:
        for call in calls:
            call(*columns)
    return time.process_time() - begun
