"""Exponential moving average of closes, seeded with the simple average as TA-Lib does."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.sums import window_mean
from patterns.views import BarView, Floats, Ints


def smoothed(value: Floats, before: Floats, bars: int) -> Floats:
    """One step of an average that gives the new value the weight 2 / (bars + 1)."""
    return (value - before) * (2.0 / (bars + 1)) + before


def seeded(count: Ints, at: int, seed: Floats, following: Floats) -> Floats:
    """`following`, but `seed` at bar `at` and NaN before it."""
    return np.where(count > at, following, np.where(count == at, seed, np.nan))


def ema(bars: int) -> Indicator:
    """The exponential average of closes over `bars` bars."""

    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        following = smoothed(view.close[0], before[0], bars)
        after = seeded(view.count, bars, window_mean(view, "close", bars), following)
        return (after,), after[None]

    return Indicator(
        outputs=(f"EMA_{bars}",),
        formula=f"EMA += (close - EMA) * 2 / {bars + 1}; the first is the SMA of {bars} closes",
        source="TA-Lib EMA",
        parameters={"bars": bars},
        warm_up=bars - 1,
        lookback=bars,
        gaps="counts bars, not minutes: a minute without a bar does not age it",
        step=step,
        states=1,
    )


DEFINITIONS = (ema(12), ema(26))
