"""Money flow index: a strength index of price changes, weighted by what was traded."""

from collections.abc import Callable

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.prices import differ, typical_price
from patterns.sums import sum_of
from patterns.views import BarView, Floats


def _flow(beyond: Callable[[Floats, Floats], Floats]) -> Callable[[BarView, int], Floats]:
    """Typical price times volume where the price moved to one side, 0 elsewhere."""

    def flow(view: BarView, ago: int) -> Floats:
        price, last = typical_price(view, ago), typical_price(view, ago + 1)
        traded = price * view.volume[ago]
        moved = beyond(price, last) & differ(price, last)
        return np.where(np.isnan(last), np.nan, np.where(moved, traded, 0.0))

    return flow


rising = _flow(np.greater)
falling = _flow(np.less)


def mfi(bars: int) -> Indicator:
    """MFI over `bars` bars."""

    def compute(view: BarView) -> Outputs:
        into = sum_of(view, "rising_flow", rising, bars)
        total = into + sum_of(view, "falling_flow", falling, bars)
        return (np.where(total > 0, 100.0 * (into / total), 0.0),)

    return Indicator(
        outputs=(f"MFI_{bars}",),
        title=f"Money flow index, {bars} bars",
        family="momentum",
        formula="100 * rising / (rising + falling): sums over "
        f"{bars} bars of price * volume where the price rose or fell; price: (high + low + close) "
        "/ 3; 0 where nothing was traded at a new price",
        source="Gene Quong and Avrum Soudack, Volume-Weighted RSI: Money Flow, Technical Analysis "
        "of Stocks & Commodities, 1989; TA-Lib MFI",
        parameters={"bars": bars},
        warm_up=bars,
        lookback=bars + 1,
        gaps="counts bars, not minutes; the change over a gap or a night is one change",
        compute=compute,
    )


DEFINITIONS = (mfi(14),)
