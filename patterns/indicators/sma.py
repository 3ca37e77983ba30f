"""Simple moving average of closes."""

from patterns.definitions import Indicator
from patterns.sums import window_mean


def sma(bars: int) -> Indicator:
    """The mean of the last `bars` closes."""
    return Indicator(
        outputs=(f"SMA_{bars}",),
        prices=(f"SMA_{bars}",),
        title=f"Simple moving average, {bars} bars",
        family="trend",
        formula=f"sum of the last {bars} closes / {bars}",
        source="TA-Lib SMA",
        parameters={"bars": bars},
        warm_up=bars - 1,
        lookback=bars,
        gaps=f"counts bars, not minutes: {bars} bars, across gaps and sessions",
        compute=lambda view: (window_mean(view, "close", bars),),
    )


DEFINITIONS = (sma(20), sma(50), sma(200))
