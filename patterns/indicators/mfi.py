"""Money flow index: a strength index of price changes, weighted by what was traded."""

from collections.abc import Callable

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.prices import typical_price
from patterns.sums import sum_of
from patterns.views import BarView, Floats

LEAST_FLOW = 1.0
"""Less than this in all the bars counts as nothing traded, as in TA-Lib."""


def _flow(compare: Callable[[Floats, float], Floats]) -> Callable[[BarView, int], Floats]:
    """Typical price times volume where the price moved to one side, 0 elsewhere."""

    def flow(view: BarView, ago: int) -> Floats:
        price = typical_price(view, ago)
        change = price - typical_price(view, ago + 1)
        traded = price * view.volume[ago]
        return np.where(np.isnan(change), np.nan, np.where(compare(change, 0.0), traded, 0.0))

    return flow


rising = _flow(np.greater)
falling = _flow(np.less)


def mfi(bars: int) -> Indicator:
    """MFI over `bars` bars."""

    def compute(view: BarView) -> Outputs:
        into = sum_of(view, "rising_flow", rising, bars)
        total = into + sum_of(view, "falling_flow", falling, bars)
        return (np.where(total < LEAST_FLOW, 0.0, 100.0 * (into / total)),)

    return Indicator(
        outputs=(f"MFI_{bars}",),
        title=f"Money flow index, {bars} bars",
        family="momentum",
        formula="100 * rising / (rising + falling): sums over "
        f"{bars} bars of price * volume where the price rose or fell; price: (high + low + close) "
        "/ 3; 0 where the sums are below 1",
        source="Gene Quong and Avrum Soudack, Volume-Weighted RSI: Money Flow, Technical Analysis "
        "of Stocks & Commodities, 1989; TA-Lib MFI",
        parameters={"bars": bars},
        warm_up=bars,
        lookback=bars + 1,
        gaps="counts bars, not minutes; the change over a gap or a night is one change",
        compute=compute,
    )


DEFINITIONS = (mfi(14),)
