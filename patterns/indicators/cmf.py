"""Chaikin money flow: volume weighted by where in its range each bar closed."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.sums import sum_of, window_sum
from patterns.views import BarView, Floats


def _flow(view: BarView, ago: int) -> Floats:
    high, low, close = view.high[ago], view.low[ago], view.close[ago]
    size = high - low
    place = np.where(size > 0, ((close - low) - (high - close)) / size, 0.0)
    return place * view.volume[ago]


def money_flow(view: BarView, ago: int) -> Floats:
    """The bar's volume, positive at a close on the high, negative at one on the low."""
    return view.derived("chaikin_flow", _flow, ago)


def cmf(bars: int) -> Indicator:
    """Chaikin money flow over `bars` bars."""

    def compute(view: BarView) -> Outputs:
        volume = window_sum(view, "volume", bars)
        flow = sum_of(view, "chaikin_flow", money_flow, bars)
        return (flow / np.where(volume > 0, volume, np.nan),)

    return Indicator(
        outputs=(f"CMF_{bars}",),
        title="Chaikin money flow",
        family="volume",
        formula="sum(volume * ((close - low) - (high - close)) / (high - low)) / sum(volume) over "
        f"{bars} bars; a bar without a range counts 0, and no volume at all is unknown",
        source="Marc Chaikin's money flow; the weight of a bar as in TA-Lib AD",
        parameters={"bars": bars},
        warm_up=bars - 1,
        lookback=bars,
        gaps=f"counts bars, not minutes: {bars} bars, across gaps and sessions",
        compute=compute,
    )


DEFINITIONS = (cmf(20),)
