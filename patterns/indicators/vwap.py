"""Volume-weighted average price of the session so far, and bands of deviations around it."""

import numpy as np

from patterns.definitions import INTRADAY, Indicator, Outputs
from patterns.views import BarView, Bools, Floats


def new_session(view: BarView) -> Bools:
    """Whether the bar is its session's first of the symbol."""
    first: Bools = view.session_ms[0] != view.session_ms[1]
    return first


def bar_price(view: BarView) -> Floats:
    """The bar's own VWAP; where the source gave none, (high + low + close) / 3."""
    typical = (view.high[0] + view.low[0] + view.close[0]) / 3.0
    return np.where(np.isnan(view.vwap[0]), typical, view.vwap[0])


def _mean(value: Floats, total: Floats) -> Floats:
    return value / np.where(total > 0, total, np.nan)


def _step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
    """States: traded value, volume, and volume times squared distance from the mean.

    The last is carried on from mean to mean (West, 1979): the difference of two large sums of
    squares would lose what little a minute's prices differ.
    """
    kept = np.where(new_session(view), 0.0, before)
    traded = view.volume[0] > 0
    volume = np.where(traded, view.volume[0], 0.0)
    price = np.where(traded, bar_price(view), 0.0)
    value, total = kept[0] + price * volume, kept[1] + volume
    mean, earlier = _mean(value, total), _mean(kept[0], kept[1])
    spread = np.where(kept[1] > 0, volume * (price - earlier) * (price - mean), 0.0)
    squares = kept[2] + np.maximum(spread, 0.0)
    off = np.sqrt(_mean(squares, total))
    bands = (mean + off, mean - off, mean + 2.0 * off, mean - 2.0 * off)
    return (mean, *bands), np.stack([value, total, squares])


DEFINITIONS = (
    Indicator(
        outputs=("VWAP", "VWAP_UPPER_1", "VWAP_LOWER_1", "VWAP_UPPER_2", "VWAP_LOWER_2"),
        prices=("VWAP", "VWAP_UPPER_1", "VWAP_LOWER_1", "VWAP_UPPER_2", "VWAP_LOWER_2"),
        title="VWAP with bands",
        family="session",
        formula="sum(bar VWAP * volume) / sum(volume) since the session's open; a bar without a "
        "VWAP counts (high + low + close) / 3; bands: one and two standard deviations of the "
        "bars' prices from it, weighted by volume",
        source="Berkowitz, Logue, Noser: The Total Cost of Transactions on the NYSE, 1988; "
        "deviations updated as in D. H. D. West, Communications of the ACM 22, 1979",
        warm_up=0,
        lookback=2,
        gaps="a minute without a bar adds nothing; begins anew with the session's first bar",
        timeframes=INTRADAY,
        step=_step,
        states=3,
    ),
)
