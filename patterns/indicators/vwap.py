"""Volume-weighted average price of the session so far."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.views import BarView, Bools, Floats


def new_session(view: BarView) -> Bools:
    """Whether the bar is its session's first of the symbol."""
    first: Bools = view.session_ms[0] != view.session_ms[1]
    return first


def bar_price(view: BarView) -> Floats:
    """The bar's own VWAP; where the source gave none, (high + low + close) / 3."""
    typical = (view.high[0] + view.low[0] + view.close[0]) / 3.0
    return np.where(np.isnan(view.vwap[0]), typical, view.vwap[0])


def _step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
    kept = np.where(new_session(view), 0.0, before)
    volume = view.volume[0]
    traded = volume > 0
    value = kept[0] + np.where(traded, bar_price(view) * volume, 0.0)
    total = kept[1] + np.where(traded, volume, 0.0)
    known = total > 0
    return (np.where(known, value / np.where(known, total, 1.0), np.nan),), np.stack([value, total])


DEFINITIONS = (
    Indicator(
        outputs=("VWAP",),
        formula="sum(bar VWAP * volume) / sum(volume) since the session's open; a bar without a "
        "VWAP counts (high + low + close) / 3",
        source="Berkowitz, Logue, Noser: The Total Cost of Transactions on the NYSE, 1988",
        warm_up=0,
        lookback=2,
        gaps="a minute without a bar adds nothing; begins anew with the session's first bar",
        step=_step,
        states=2,
    ),
)
