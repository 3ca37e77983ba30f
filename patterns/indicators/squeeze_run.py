"""Bollinger bands inside Keltner bands, and for how many bars they have been."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.indicators.bollinger import deviation
from patterns.ranges import mean_true_range
from patterns.views import BarView, Floats

BARS = 20
BOLLINGER, KELTNER = 2.0, 1.5
LONGEST = 100
ON, RUN = "SQUEEZE_ON", "SQUEEZE_RUN"


def _step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
    run = np.fmax(before[0], 0.0)
    inside = BOLLINGER * deviation(view, BARS) < KELTNER * mean_true_range(view, BARS)
    longer = np.where(inside, np.minimum(run + 1.0, LONGEST), 0.0)
    return (inside.astype(np.float64), run), longer[None]


DEFINITIONS = (
    Indicator(
        outputs=(ON, RUN),
        title="Squeeze",
        family="volatility",
        formula=f"1 where the Bollinger bands (SMA {BARS} ± {BOLLINGER:g} population standard "
        f"deviations) lie inside the Keltner bands (SMA {BARS} ± {KELTNER:g} plain means of the "
        f"true ranges of {BARS} bars), and for how many bars in a row before this one they did, "
        f"at most {LONGEST}; plain means in place of the usual exponential ones, so that both "
        "depend on the last bars alone",
        source="John Carter, Mastering the Trade, 2005 (the squeeze)",
        warm_up=BARS,
        lookback=BARS + 1,
        gaps="counts bars, not minutes, across sessions",
        step=_step,
        states=1,
        internal=True,
    ),
)
