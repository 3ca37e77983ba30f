"""Kaufman's efficiency ratio, with the sign of the move: how straight the way was, and where to."""

import numpy as np

from patterns.definitions import Indicator
from patterns.sums import sum_of
from patterns.views import BarView, Floats


def _distance(view: BarView, ago: int) -> Floats:
    return np.abs(view.close[ago] - view.close[ago + 1])


def efficiency(view: BarView, bars: int) -> Floats:
    """The close's change over `bars` bars, divided by the sum of its changes; 0 where it stood."""
    way = sum_of(view, "distance", lambda view, ago: view.derived("distance", _distance, ago), bars)
    ratio = (view.close[0] - view.close[bars]) / np.where(way == 0, 1.0, way)
    return np.minimum(np.maximum(ratio, -1.0), 1.0)


def trend(bars: int) -> Indicator:
    """The signed efficiency ratio over `bars` bars."""
    return Indicator(
        outputs=(f"TREND_{bars}",),
        title="Efficiency of the trend",
        family="trend",
        formula=f"(close - close[{bars}]) / sum of |close - previous close| over {bars} bars, "
        "within [-1, 1]; 0 where the close has not moved",
        source="Perry Kaufman, Smarter Trading, 1995: efficiency ratio, here with its sign",
        parameters={"bars": bars},
        warm_up=bars,
        lookback=bars + 1,
        gaps="counts bars, not minutes; the change over a gap or a night is one change",
        compute=lambda view: (efficiency(view, bars),),
        internal=True,
    )


DEFINITIONS = (trend(20),)
