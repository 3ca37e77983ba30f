"""Wilder's average true range."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.indicators.ema import seeded
from patterns.indicators.rsi import wilder
from patterns.sums import sum_of
from patterns.views import BarView, Floats


def _true_range(view: BarView, ago: int) -> Floats:
    high, low, close = view.high[ago], view.low[ago], view.close[ago + 1]
    return np.maximum(np.maximum(high - low, np.abs(high - close)), np.abs(low - close))


def true_range(view: BarView, ago: int) -> Floats:
    """The bar's range, widened to the close before it."""
    return view.derived("true_range", _true_range, ago)


def average_true_range(view: BarView, before: Floats, bars: int) -> Floats:
    """One step of the ATR over `bars` bars; `before` is what it was at the bar before."""
    value = true_range(view, 0)
    seed = value
    if np.any(view.count == bars + 1):
        seed = sum_of(view, "true_range", true_range, bars) / bars
    return seeded(view.count, bars + 1, seed, wilder(value, before, bars))


def atr(bars: int) -> Indicator:
    """ATR over `bars` bars."""

    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        after = average_true_range(view, before[0], bars)
        return (after,), after[None]

    return Indicator(
        outputs=(f"ATR_{bars}",),
        prices=(f"ATR_{bars}",),
        title="Average true range",
        family="volatility",
        formula="Wilder average of max(high - low, |high - previous close|, |low - previous "
        f"close|) over {bars} bars, the first a plain mean",
        source="J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib ATR",
        parameters={"bars": bars},
        warm_up=bars,
        lookback=bars + 1,
        gaps="counts bars, not minutes; a night's gap is one true range",
        step=step,
        states=1,
    )


DEFINITIONS = (atr(14),)
