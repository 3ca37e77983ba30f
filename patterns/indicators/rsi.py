"""Wilder's relative strength index."""

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


def rsi(bars: int) -> Indicator:
    """RSI of closes; 0 where no close has moved, as TA-Lib has it."""

    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        seeding = bool(np.any(view.count == bars + 1))

        def average(change: Floats, seed: Floats, old: Floats) -> Floats:
            return seeded(view.count, bars + 1, seed, wilder(change, old, bars))

        gain, loss = _gain(view, 0), _loss(view, 0)
        seeds = (gain, loss)
        if seeding:
            seeds = (
                add_columns(lambda ago: _gain(view, ago), bars) / bars,
                add_columns(lambda ago: _loss(view, ago), bars) / bars,
            )
        up = average(gain, seeds[0], before[0])
        down = average(loss, seeds[1], before[1])
        moved = up + down
        still = np.abs(moved) < 1e-14
        return (np.where(still, 0.0, 100.0 * (up / np.where(still, 1.0, moved))),), np.stack(
            [up, down]
        )

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
