"""Wilder's parabolic stop and reverse, step by step as TA-Lib has it.

A falling stop is a rising one upside down, and changing a sign is exact. So the state is kept as
if the trend rose: prices of a falling one are negative.
"""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.views import BarView, Bools, Floats

Ends = tuple[Floats, Floats]


def _facing(rising: Bools, view: BarView, ago: int) -> Ends:
    """A bar's end in the trend's direction, and its other end, as if the trend rose."""
    high, low = view.high[ago], view.low[ago]
    return np.where(rising, high, -low), np.where(rising, low, -high)


def _starts_rising(view: BarView) -> Bools:
    """Unless the second bar moved down, and more down than up (TA-Lib MINUS_DM of one bar)."""
    up = view.high[0] - view.high[1]
    down = view.low[1] - view.low[0]
    return ~((down > 0) & (up < down))


def _limits(start: Bools, now: Ends, last: Ends) -> Ends:
    """The far ends of the last two bars; TA-Lib takes the second bar for its own predecessor."""
    ceiling = np.where(start, now[0], np.maximum(now[0], last[0]))
    return ceiling, np.where(start, now[1], np.minimum(now[1], last[1]))


def sar(acceleration: float, maximum: float) -> Indicator:
    """Parabolic SAR."""

    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        start = view.count == 2
        rising: Bools = np.where(start, _starts_rising(view), before[0] > 0)
        now, last = _facing(rising, view, 0), _facing(rising, view, 1)
        stop = np.where(start, last[1], before[1])
        extreme = np.where(start, now[0], before[2])
        factor = np.where(start, acceleration, before[3])
        ceiling, floor = _limits(start, now, last)
        top, bottom = now
        turned, further = bottom <= stop, top > extreme
        shown = np.where(turned, np.maximum(extreme, ceiling), stop)
        quicker = np.where(further, np.minimum(factor + acceleration, maximum), factor)
        factor = np.where(turned, acceleration, quicker)
        extreme = np.where(turned, bottom, np.where(further, top, extreme))
        following = shown + factor * (extreme - shown)
        stop = np.where(turned, np.maximum(following, ceiling), np.minimum(following, floor))
        side, turn = np.where(rising, 1.0, -1.0), np.where(turned, -1.0, 1.0)
        return (side * shown,), np.stack([side * turn, turn * stop, turn * extreme, factor])

    return Indicator(
        outputs=("SAR",),
        prices=("SAR",),
        title="Parabolic SAR",
        family="trend",
        formula="stop += factor * (extreme - stop), never beyond the last two bars; factor starts "
        f"at {acceleration:g} and grows by it with each new extreme, up to {maximum:g}; where "
        "the price touches the stop, the side changes and the stop is the old extreme. It starts "
        "at the second bar: falling if that one moved down more than up, with the first bar's "
        "far end as its stop",
        source="J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib SAR",
        parameters={"acceleration": acceleration, "maximum": maximum},
        warm_up=1,
        lookback=2,
        gaps="counts bars, not minutes. It never forgets its start for certain: begun at another "
        "bar, it is the same only from the first turn that both make at one bar from one extreme; "
        "on daily bars of 505 stocks that took at most 133 bars",
        step=step,
        states=4,
    )


DEFINITIONS = (sar(0.02, 0.2),)
