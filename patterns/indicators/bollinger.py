"""Bollinger bands, their width, and where the close lies within them."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.sums import window_mean
from patterns.views import BarView, Floats

TOUCHING = 1e-9
"""Bands nearer to each other than this part of the price are one line, but for rounding."""


def deviation(view: BarView, bars: int) -> Floats:
    """Population standard deviation of the last `bars` closes."""
    return view.memo(("deviation", bars), lambda: _deviation(view, bars))


def _deviation(view: BarView, bars: int) -> Floats:
    mean = window_mean(view, "close", bars)
    total, off = np.zeros_like(mean), np.empty_like(mean)
    for ago in range(bars - 1, -1, -1):
        np.subtract(view.close[ago], mean, out=off)
        total += np.multiply(off, off, out=off)
    return np.sqrt(total / bars)


def bollinger(bars: int, width: float) -> Indicator:
    """The mean of closes, and `width` standard deviations on either side."""

    def compute(view: BarView) -> Outputs:
        middle = window_mean(view, "close", bars)
        off = width * deviation(view, bars)
        upper, lower = middle + off, middle - off
        apart = upper - lower
        known = np.where(apart > TOUCHING * middle, apart, np.nan)
        return upper, middle, lower, apart / middle, (view.close[0] - lower) / known

    return Indicator(
        outputs=("BB_UPPER", "BB_MIDDLE", "BB_LOWER", "BB_WIDTH", "BB_PERCENT"),
        prices=("BB_UPPER", "BB_MIDDLE", "BB_LOWER"),
        title="Bollinger bands",
        family="volatility",
        formula=f"SMA {bars} of closes ± {width:g} population standard deviations of them; width: "
        "(upper - lower) / middle; percent: %b = (close - lower) / (upper - lower), 0 at the lower "
        "band, 1 at the upper, unknown where they touch",
        source="John Bollinger, Bollinger on Bollinger Bands, 2001; TA-Lib BBANDS",
        parameters={"bars": bars, "width": width},
        warm_up=bars - 1,
        lookback=bars,
        gaps=f"counts bars, not minutes: {bars} bars, across gaps and sessions",
        compute=compute,
    )


DEFINITIONS = (bollinger(20, 2.0),)
