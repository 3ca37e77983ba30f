"""Sizes that several events are measured in."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterns.candles import high_low
from patterns.definitions import Direction
from patterns.evidence import or_unknown, ratio, saturating
from patterns.ranges import mean_true_range
from patterns.sums import window_mean
from patterns.views import BarView, Bools, Floats

UNIT_BARS = 20
"""Bars whose mean true range is the unit of sizes."""


def unit(view: BarView) -> Floats:
    """The mean true range of the 20 bars before the current one."""
    return mean_true_range(view, UNIT_BARS, 1)


def move(view: BarView, bars: int, ago: int) -> Floats:
    """How far the close went over `bars` bars that end `ago` bars back, in units; signed."""
    return ratio(view.close[ago] - view.close[ago + bars], unit(view))


def volume_ratio(view: BarView, bars: int = 20) -> Floats:
    """Volume against the mean of the bars before; NaN where nothing was traded in them."""
    return ratio(view.volume[0], window_mean(view, "volume", bars, 1))


def in_units(view: BarView, size: Floats) -> Floats:
    """A size as a part of evidence: 0.5 at one unit, 0.75 at three."""
    return or_unknown(saturating(ratio(size, unit(view))))


def closing_place(view: BarView, direction: Direction) -> Floats:
    """Where in its range the bar closed: 1 at the end that `direction` points to, 0 at the other.

    A neutral pattern has 0.5.
    """
    off = ratio(2.0 * view.close[0] - view.high[0] - view.low[0], high_low(view, 0))
    # Rounding may carry a close on the low a bit below nothing.
    return or_unknown(np.clip(0.5 + 0.5 * off * direction, 0.0, 1.0))


def just_opened(view: BarView, bars: int) -> Bools:
    """Whether the bar is one of the first `bars` of a session of several bars.

    Daily bars are sessions of one: where no two neighbours share a session, nothing opens.
    """
    if bars == 0:
        return np.zeros(view.count.shape, np.bool_)
    several = np.zeros(view.count.shape, np.bool_)
    for ago in range(bars + 1):
        several |= view.session_ms[ago] == view.session_ms[ago + 1]
    result: Bools = several & (view.session_ms[0] != view.session_ms[bars])
    return result


def at_points(view: BarView, mask: Bools, value: Callable[[BarView], NDArray[Any]]) -> Floats:
    """`value` at the moments where `mask` holds, 0 elsewhere: for what is dear and rarely asked."""
    out = np.zeros(view.count.shape)
    if mask.any():
        out.T[mask.T] = value(view.points(mask))
    return out
