"""Double exponential moving average: twice the average, less the average of the average."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.indicators.ema import close_ema, smoothed
from patterns.views import BarView, Floats, Ints


def average_of_average(value: Floats, before: Floats, count: Ints, first: int, bars: int) -> Floats:
    """The exponential average of a line that begins at bar `first`; its sum while it warms up.

    What it gives at the bar of its seed is the plain mean of `bars` values.
    """
    adding = np.where(count == first, value, before + value)
    last = first + bars - 1
    following = np.where(count < last, adding, smoothed(value, before, bars))
    return np.where(count == last, adding / bars, following)


def dema(bars: int) -> Indicator:
    """DEMA of closes over `bars` bars."""

    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        once = close_ema(view, before[0], bars, at=bars)
        twice = average_of_average(once, before[1], view.count, bars, bars)
        return (2.0 * once - twice,), np.stack([once, twice])

    return Indicator(
        outputs=(f"DEMA_{bars}",),
        prices=(f"DEMA_{bars}",),
        title=f"Double exponential moving average, {bars} bars",
        family="trend",
        formula=f"2 * EMA - EMA of the EMA, both over {bars} bars and seeded with a plain mean",
        source="Patrick G. Mulloy, Smoothing Data with Faster Moving Averages, Technical Analysis "
        "of Stocks & Commodities, 1994; TA-Lib DEMA",
        parameters={"bars": bars},
        warm_up=2 * bars - 2,
        lookback=bars,
        gaps="counts bars, not minutes: a minute without a bar does not age it",
        step=step,
        states=2,
    )


DEFINITIONS = (dema(20),)
