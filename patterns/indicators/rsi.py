"""Wilder's relative strength index."""

from collections.abc import Callable

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.indicators.ema import begun
from patterns.sums import add_columns
from patterns.views import BarView, Floats


def gain(view: BarView, ago: int) -> Floats:
    """How far the close rose; 0 where it fell."""
    return view.derived(
        ("gain",), lambda view, ago: np.maximum(view.close[ago] - view.close[ago + 1], 0.0), ago
    )


def loss(view: BarView, ago: int) -> Floats:
    """How far the close fell; 0 where it rose."""
    return view.derived(
        ("loss",), lambda view, ago: np.maximum(view.close[ago + 1] - view.close[ago], 0.0), ago
    )


def wilder(value: Floats, before: Floats, bars: int) -> Floats:
    """One step of Wilder's smoothing: the new value has the weight 1 / bars."""
    return (before * (bars - 1) + value) / bars


def _average(
    view: BarView, part: Callable[[BarView, int], Floats], before: Floats, bars: int
) -> Floats:
    """Wilder's average of one side of the changes; the first is their plain mean."""
    share = 1.0 / bars
    following = (before * (bars - 1) + part(view, 0)) * share

    def mean() -> Floats:
        return add_columns(lambda ago: part(view, ago), bars) * share

    return begun(view.count, bars + 1, mean, following)


def strength_index(view: BarView, before: Floats, bars: int) -> tuple[Floats, list[Floats]]:
    """The RSI, and the two averages that it goes on from: of rises and of falls."""
    up = _average(view, gain, before[0], bars)
    down = _average(view, loss, before[1], bars)
    moved = up + down
    return np.where(moved <= 0, 0.0, 100.0 * (up / moved)), [up, down]


def rsi(bars: int) -> Indicator:
    """RSI of closes; 0 where no close has moved, as TA-Lib has it."""

    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        index, after = strength_index(view, before, bars)
        return (index,), np.stack(after)

    return Indicator(
        outputs=(f"RSI_{bars}",),
        title=f"Relative strength index, {bars} bars",
        family="momentum",
        formula="100 * up / (up + down); up, down: Wilder averages of rises and falls of the "
        f"close over {bars} bars, the first a plain mean; 0 where neither moved",
        source="J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib RSI",
        parameters={"bars": bars},
        warm_up=bars,
        lookback=bars + 1,
        gaps="counts bars, not minutes; the change over a gap or a night is one change",
        step=step,
        states=2,
    )


DEFINITIONS = (rsi(14),)
