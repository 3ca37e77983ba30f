"""Bollinger bands."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.sums import add_columns, window_mean
from patterns.views import BarView, Floats


def deviation(view: BarView, bars: int) -> Floats:
    """Population standard deviation of the last `bars` closes."""
    mean = window_mean(view, "close", bars)

    def square(ago: int) -> Floats:
        off = view.close[ago] - mean
        return off * off

    return view.memo(("deviation", bars), lambda: np.sqrt(add_columns(square, bars) / bars))


def bollinger(bars: int, width: float) -> Indicator:
    """The mean of closes, and `width` standard deviations on either side."""

    def compute(view: BarView) -> Outputs:
        middle = window_mean(view, "close", bars)
        off = width * deviation(view, bars)
        return middle + off, middle, middle - off

    return Indicator(
        outputs=("BB_UPPER", "BB_MIDDLE", "BB_LOWER"),
        formula=f"SMA {bars} of closes ± {width:g} population standard deviations of them",
        source="John Bollinger, Bollinger on Bollinger Bands, 2001; TA-Lib BBANDS",
        parameters={"bars": bars, "width": width},
        warm_up=bars - 1,
        lookback=bars,
        gaps=f"counts bars, not minutes: {bars} bars, across gaps and sessions",
        compute=compute,
    )


DEFINITIONS = (bollinger(20, 2.0),)
