"""A round bottom between two rims: what the cup and the rounding bottom have in common.

It may be longer than the last pivots reach, so its left rim is looked for along the bars: the
nearest bar before the right rim that was as high.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from patterns.definitions import Strength
from patterns.detectors.chart.lines import add_rows, at_these, bars_from, judged, read_at, shared
from patterns.evidence import ratio
from patterns.geometry import Anchor
from patterns.pivots import pivots, unit
from patterns.views import BarView, Bools, Floats

LONGEST = 100
RIM_BARS = 5
"""The left rim is the highest of the bar that is as high as the right one, and those before."""
PLACES = np.arange(1, 16) / 16.0
ARC = 4.0 * PLACES * (1.0 - PLACES)
"""A parabola from rim to rim at those places, 1 deep."""
TENT = 1.0 - np.abs(2.0 * PLACES - 1.0)
"""A V from rim to rim."""
FEWEST = 20
"""Bars from rim to rim that every bowl has."""
NEAR = np.array([3.0, 7.0, 11.0, 15.0, 19.0])
SHOULDER = 10
LEVEL_UNITS = 0.5
"""As high means: less than this many mean ranges lower, beyond the last bars up to the rim."""


@dataclass(frozen=True, slots=True)
class Bowl:
    """Two rims and the lowest bar between.

    bars: from rim to rim. depth: from the lower rim to the bottom. centre: where the bottom is,
    from 0 at the right rim to 1 at the left one. uneven: mean distance of fifteen closes from the
    parabola from rim to rim that fits them best, in its depth. rounder: their mean distance from
    the best V, over that from the best parabola.
    """

    left: Anchor
    right: Anchor
    bottom: Anchor
    bars: Floats
    depth: Floats
    centre: Floats
    uneven: Floats
    rounder: Floats


def _as_high(view: BarView, right: Anchor, before: Floats) -> Bools:
    """Whether bars before the right rim, each row so many of them, are as high as it is."""
    slack = np.where(before > SHOULDER, LEVEL_UNITS, 0.0)[:, None] * unit(view)
    as_high: Bools = read_at(view, "high", right[0] + before[:, None]) >= right[1] - slack
    return as_high


def rim(view: BarView, number: int) -> Bools:
    """Whether pivot `number` is above the two of its kind before, where those are near."""
    swing = pivots(view)
    near = np.zeros(view.count.shape, np.bool_)
    for other in (number + 2, number + 4):
        close = swing.ago(other) - swing.ago(number) < FEWEST
        near |= close & (swing.price(other) >= swing.price(number))
    return ~near


def _roomy(view: BarView, number: int) -> Bools:
    """Whether none of five bars close before the right rim is as high: most rims fail here."""
    crowded: Bools = np.logical_or.reduce(_as_high(view, pivots(view).anchor(number), NEAR), axis=0)
    return ~crowded


def _met(view: BarView, number: int) -> Floats:
    """Bars ago of the nearest bar before the right rim that is as high; NaN where none is."""
    right = pivots(view).anchor(number)
    reached = _as_high(view, right, np.arange(1.0, LONGEST + 1.0))
    return np.where(reached.any(axis=0), right[0] + 1.0 + reached.argmax(axis=0), np.nan)


def met(view: BarView, number: int) -> Floats:
    """The same, made once for a view."""
    return shared(view, ("left rim met", number), lambda: _met(view, number))


def judged_bowls(
    view: BarView, mask: Bools, number: int, fewest_bars: int, judge: Callable[[BarView], Bools]
) -> Strength:
    """What `judge` says of the bowls whose right rim is pivot `number`, if they are long enough."""

    def long_enough(points: BarView) -> Floats:
        bars = met(points, number) - pivots(points).ago(number)
        return at_these(points, bars >= fewest_bars - RIM_BARS, judge)

    def roomy(points: BarView) -> Floats:
        return at_these(points, _roomy(points, number), long_enough)

    return judged(view, mask, roomy)


def _lowest(view: BarView, right: Anchor, as_high: Floats) -> Anchor:
    """The lowest bar between the right rim and the bar that is as high."""
    ago = bars_from(right[0] + 1.0, LONGEST)
    lows = np.where(ago < as_high, read_at(view, "low", ago), np.inf)
    return right[0] + 1.0 + lows.argmin(axis=0), lows.min(axis=0)


def _left_rim(view: BarView, as_high: Floats) -> Anchor:
    highs = read_at(view, "high", bars_from(as_high, RIM_BARS + 1))
    highs = np.where(np.isfinite(highs), highs, -np.inf)
    return as_high + highs.argmax(axis=0), highs.max(axis=0)


def _dips(view: BarView, left: Anchor, right: Anchor, rim: Floats) -> Floats:
    """How far closes lie below the rim, at even distances from right to left."""
    ago = np.floor(right[0] + PLACES[:, None] * (left[0] - right[0]) + 0.5)
    return rim - read_at(view, "close", ago)


def _fitted(dips: Floats, form: Floats) -> tuple[Floats, Floats]:
    """Depth of this form where it fits the dips best, and their mean distance from it."""
    column = form[:, None]
    depth = add_rows(dips * column) / float(np.sum(form * form))
    return depth, add_rows(np.abs(dips - depth * column)) / len(form)


def _bowl(view: BarView, number: int) -> Bowl:
    right = pivots(view).anchor(number)
    as_high = met(view, number)
    left, bottom = _left_rim(view, as_high), _lowest(view, right, as_high)
    lower = np.minimum(left[1], right[1])
    dips = _dips(view, left, right, lower)
    arc_depth, from_arc = _fitted(dips, ARC)
    _, from_tent = _fitted(dips, TENT)
    depth, bars = lower - bottom[1], left[0] - right[0]
    return Bowl(
        left=left,
        right=right,
        bottom=bottom,
        bars=bars,
        depth=depth,
        centre=ratio(bottom[0] - right[0], bars),
        uneven=ratio(from_arc, arc_depth),
        rounder=ratio(from_tent, from_arc),
    )


def bowl(view: BarView, number: int) -> Bowl:
    """The bowl whose right rim is pivot `number`; NaN where there is none."""
    return shared(view, ("bowl", number), lambda: _bowl(view, number))
