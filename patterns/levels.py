"""The prices that decide what becomes of a detection: trigger, stop and target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterns.views import BarView, Floats

REWARD = 1.5
"""Where nothing in the pattern says how far it should carry: this many times what is risked."""


@dataclass(frozen=True, slots=True)
class Levels:
    """One element a hit; NaN where a level does not apply, as for a neutral pattern.

    trigger: a close beyond it, in the pattern's direction, confirms. slope: how much the trigger
    moves a bar (a sloping neckline). stop: a close beyond it fails the pattern. target: a high
    (bullish) or low (bearish) that reaches it ends it well.
    """

    trigger: Floats
    stop: Floats
    target: Floats
    slope: Floats

    def times(self, factor: Floats) -> Levels:
        """The same prices in other shares; factor: one a hit."""
        sides = (self.trigger, self.stop, self.target, self.slope)
        return Levels(*(side * factor for side in sides))

    def over(self, factor: Floats) -> Levels:
        """`times` undone."""
        sides = (self.trigger, self.stop, self.target, self.slope)
        return Levels(*(side / factor for side in sides))

    def rounded(self) -> Levels:
        """As they are stored, so that history and a restart go on with the same numbers."""
        sides = (self.trigger, self.stop, self.target, self.slope)
        return Levels(*(np.round(side, 6) for side in sides))


def levels(trigger: Floats, stop: Floats, target: Floats, slope: Any = 0.0) -> Levels:
    """Levels of one shape."""
    shape = np.shape(trigger)
    stop, target, slope = (
        np.broadcast_to(np.asarray(side, np.float64), shape) for side in (stop, target, slope)
    )
    return Levels(trigger, stop, target, slope)


def bar_levels(view: BarView, direction: NDArray[np.int8], span: int) -> Levels:
    """From the bars of the pattern alone: beyond their one end confirms, beyond the other fails.

    The target lies `REWARD` times their range beyond the trigger. A neutral pattern has none.
    """
    top, bottom = np.array(view.high[0]), np.array(view.low[0])
    for ago in range(1, span):
        top, bottom = np.maximum(top, view.high[ago]), np.minimum(bottom, view.low[ago])
    trigger = np.where(direction > 0, top, np.where(direction < 0, bottom, np.nan))
    stop = np.where(direction > 0, bottom, np.where(direction < 0, top, np.nan))
    return levels(trigger, stop, trigger + REWARD * (trigger - stop))


def risked(direction: NDArray[np.int8], entry: Floats, stop: Floats) -> Levels:
    """Entered at `entry`, given up at `stop`; the target follows from what is risked."""
    known = direction != 0
    trigger, stop = np.where(known, entry, np.nan), np.where(known, stop, np.nan)
    return levels(trigger, stop, trigger + REWARD * (trigger - stop))
