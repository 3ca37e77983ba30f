"""For how many closes in a row a symbol has been on one side of its session VWAP."""

import numpy as np

from patterns.definitions import INTRADAY, Indicator, Outputs
from patterns.indicators.vwap import bar_price, new_session
from patterns.views import BarView, Floats

RUN, LEVEL = "VWAP_RUN", "VWAP_LEVEL"


def _step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
    value, total, run = np.where(new_session(view), 0.0, before)
    volume = np.fmax(view.volume[0], 0.0)
    traded = volume > 0
    value = value + np.where(traded, bar_price(view) * volume, 0.0)
    total = total + np.where(traded, volume, 0.0)
    level = np.where(total > 0, value / np.where(total > 0, total, 1.0), np.nan)
    above, below = view.close[0] > level, view.close[0] < level
    longer = np.where(above, np.maximum(run, 0.0) + 1.0, run)
    longer = np.where(below, np.minimum(run, 0.0) - 1.0, longer)
    return (run, level), np.stack([value, total, longer])


DEFINITIONS = (
    Indicator(
        outputs=(RUN, LEVEL),
        title="Closes on one side of VWAP",
        family="session",
        formula="closes in a row above (positive) or below (negative) the session VWAP, before "
        "this bar; a close at VWAP neither counts nor ends the row; and VWAP as it is now",
        source="definition of TickStock's vwap_reclaim and vwap_loss",
        warm_up=0,
        lookback=2,
        gaps="counts bars, not minutes; begins anew with the session's first bar",
        timeframes=INTRADAY,
        step=_step,
        states=3,
        internal=True,
    ),
)
