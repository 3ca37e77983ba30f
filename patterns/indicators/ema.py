"""Exponential moving average of closes, seeded with the simple average as TA-Lib does."""

from collections.abc import Callable

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.sums import add_columns
from patterns.views import BarView, Floats, Ints


def smoothed(value: Floats, before: Floats, bars: int) -> Floats:
    """One step of an average that gives the new value the weight 2 / (bars + 1)."""
    return (value - before) * (2.0 / (bars + 1)) + before


def seeded(count: Ints, at: int, seed: Floats, following: Floats) -> Floats:
    """`following`, but `seed` at bar `at` and NaN before it."""
    return np.where(count > at, following, np.where(count == at, seed, np.nan))


def begun(count: Ints, at: int, seed: Callable[[], Floats], following: Floats) -> Floats:
    """`following`, but `seed()` at bar `at`, which is made where it is needed, and NaN before."""
    made = seed() if np.any(count == at) else following
    return seeded(count, at, made, following)


def close_mean(view: BarView, bars: int) -> Floats:
    """Mean of the last closes for a seed; it stays out of what history keeps."""
    return add_columns(lambda ago: view.close[ago], bars) / bars


def close_ema(view: BarView, before: Floats, bars: int, at: int) -> Floats:
    """The next exponential average of closes, which begins at bar `at`."""
    following = smoothed(view.close[0], before, bars)
    return begun(view.count, at, lambda: close_mean(view, bars), following)


def ema(bars: int) -> Indicator:
    """The exponential average of closes over `bars` bars."""

    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        after = close_ema(view, before[0], bars, at=bars)
        return (after,), after[None]

    return Indicator(
        outputs=(f"EMA_{bars}",),
        prices=(f"EMA_{bars}",),
        title=f"Exponential moving average, {bars} bars",
        family="trend",
        formula=f"EMA += (close - EMA) * 2 / {bars + 1}; the first is the SMA of {bars} closes",
        source="TA-Lib EMA",
        parameters={"bars": bars},
        warm_up=bars - 1,
        lookback=bars,
        gaps="counts bars, not minutes: a minute without a bar does not age it",
        step=step,
        states=1,
    )


DEFINITIONS = (ema(9), ema(12), ema(20), ema(26), ema(50))
