"""Money flow index: a strength index of price changes, weighted by what was traded."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.prices import equal, typical_price
from patterns.sums import sum_of
from patterns.views import BarView, Floats


def _flow(view: BarView, ago: int) -> Floats:
    price = typical_price(view, ago)
    still = equal(price, typical_price(view, ago + 1))
    return np.where(still, 0.0, price * view.volume[ago])


def flow(view: BarView, ago: int) -> Floats:
    """Typical price times volume; 0 where the price is that of the bar before."""
    return view.derived("money_flow", _flow, ago)


def rising_flow(view: BarView, ago: int) -> Floats:
    """The flow of bars whose price rose; 0 elsewhere."""
    fell = typical_price(view, ago) < typical_price(view, ago + 1)
    return np.where(fell, 0.0, flow(view, ago))


def mfi(bars: int) -> Indicator:
    """MFI over `bars` bars."""

    def compute(view: BarView) -> Outputs:
        rising = sum_of(view, "rising_flow", rising_flow, bars)
        total = sum_of(view, "money_flow", flow, bars)
        return (np.where(total > 0, 100.0 * (rising / total), 0.0),)

    return Indicator(
        outputs=(f"MFI_{bars}",),
        title=f"Money flow index, {bars} bars",
        family="momentum",
        formula=f"100 * rising / all: sums over {bars} bars of price * volume where the price "
        "rose, and where it moved at all; price: (high + low + close) / 3; 0 where it never moved",
        source="Gene Quong and Avrum Soudack, Volume-Weighted RSI: Money Flow, Technical Analysis "
        "of Stocks & Commodities, 1989; TA-Lib MFI",
        parameters={"bars": bars},
        warm_up=bars,
        lookback=bars + 1,
        gaps="counts bars, not minutes; the change over a gap or a night is one change",
        compute=compute,
    )


DEFINITIONS = (mfi(14),)
