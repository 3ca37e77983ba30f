"""Commodity channel index: how many mean deviations a price is from its mean."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.prices import equal, typical_price
from patterns.sums import sum_of
from patterns.views import BarView, Floats

SCALE = 0.015
"""Lambert's constant: it puts most values between -100 and 100."""


def mean_deviation(view: BarView, mean: Floats, bars: int) -> Floats:
    """Mean distance of the last typical prices from `mean`."""
    total = np.zeros_like(mean)
    off = np.empty_like(mean)
    for ago in range(bars - 1, -1, -1):
        np.subtract(typical_price(view, ago), mean, out=off)
        total += np.abs(off, out=off)
    return total / bars


def cci(bars: int) -> Indicator:
    """CCI of the typical price."""

    def compute(view: BarView) -> Outputs:
        mean = sum_of(view, "typical_price", typical_price, bars) / bars
        price = typical_price(view, 0)
        index = (price - mean) / (SCALE * mean_deviation(view, mean, bars))
        return (np.where(equal(price, mean), 0.0, index),)

    return Indicator(
        outputs=(f"CCI_{bars}",),
        title=f"Commodity channel index, {bars} bars",
        family="momentum",
        formula=f"(price - mean) / ({SCALE:g} * mean of |price - mean|) over {bars} bars; price: "
        "(high + low + close) / 3; 0 where nothing moved",
        source="Donald R. Lambert, Commodity Channel Index, Commodities, October 1980; TA-Lib CCI",
        parameters={"bars": bars},
        warm_up=bars - 1,
        lookback=bars,
        gaps=f"counts bars, not minutes: {bars} bars, across gaps and sessions",
        compute=compute,
    )


DEFINITIONS = (cci(20),)
