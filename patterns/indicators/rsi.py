"""Wilder's relative strength index."""

from collections.abc import Callable

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.indicators.ema import seeded
from patterns.sums import add_columns
from patterns.views import BarView, Floats


def _gain(view: BarView, ago: int) -> Floats:
    return view.memo(("gain", ago), lambda: np.maximum(view.close[ago] - view.close[ago + 1], 0.0))


def _loss(view: BarView, ago: int) -> Floats:
    return view.memo(("loss", ago), lambda: np.maximum(view.close[ago + 1] - view.close[ago], 0.0))


def wilder(value: Floats, before: Floats, bars: int) -> Floats:
    """One step of Wilder's smoothing: the new value has the weight 1 / bars."""
    return (before * (bars - 1) + value) / bars


def _change(
    view: BarView, part: Callable[[BarView, int], Floats], old: Floats, bars: int
) -> Floats:
    """Wilder's average of one side of the changes; the first is their plain mean."""
    value = part(view, 0)
    seed = value
    if np.any(view.count == bars + 1):
        seed = add_columns(lambda ago: part(view, ago), bars) / bars
    return seeded(view.count, bars + 1, seed, wilder(value, old, bars))


def rsi(bars: int) -> Indicator:
    """RSI of closes; 0 where no close has moved, as TA-Lib has it."""

    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        up = _change(view, _gain, before[0], bars)
        down = _change(view, _loss, before[1], bars)
        moved = up + down
        still = np.abs(moved) < 1e-14
        index = np.where(still, 0.0, 100.0 * (up / np.where(still, 1.0, moved)))
        return (index,), np.stack([up, down])

    return Indicator(
        outputs=(f"RSI_{bars}",),
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
