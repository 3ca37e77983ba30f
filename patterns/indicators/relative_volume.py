"""Relative volume: what a bar traded beside what is usual."""

import numpy as np

from patterns.context import EXPECTED_VOLUME
from patterns.definitions import DAILY, INTRADAY, Indicator, Outputs
from patterns.sums import window_mean
from patterns.views import BarView, Floats


def _relative(view: BarView, usual: Floats) -> Outputs:
    return (view.volume[0] / np.where(usual > 0, usual, np.nan),)


def relative_volume(bars: int) -> Indicator:
    """Volume beside the mean of the `bars` bars before."""
    return Indicator(
        outputs=(f"RVOL_{bars}",),
        title="Relative volume",
        family="volume",
        formula=f"volume / mean volume of the {bars} bars before; unknown where nothing traded",
        source="definition of TickStock",
        parameters={"bars": bars},
        warm_up=bars,
        lookback=bars + 1,
        gaps=f"counts bars: {bars} days with a bar, and a day without one is not a zero",
        timeframes=DAILY,
        compute=lambda view: _relative(view, window_mean(view, "volume", bars, ago=1)),
    )


BY_TIME_OF_DAY = Indicator(
    outputs=("RVOL",),
    title="Relative volume by time of day",
    family="volume",
    formula="volume / mean volume of the symbol's bars at this time of day in earlier sessions; "
    "unknown where there is no such mean, or it is zero",
    source="definition of TickStock",
    warm_up=0,
    lookback=1,
    gaps="a minute without a bar has no value; a partial bar shows what it has traded so far",
    timeframes=INTRADAY,
    compute=lambda view: _relative(view, view.given(EXPECTED_VOLUME)),
)


DEFINITIONS = (BY_TIME_OF_DAY, relative_volume(20))
