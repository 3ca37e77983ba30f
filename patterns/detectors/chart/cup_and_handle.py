"""Cup with handle: a round bottom after a rise, and a small dip at its right rim."""

from __future__ import annotations

import numpy as np

from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.chart import bowl
from patterns.detectors.chart.bowl import LONGEST, RIM_BARS, Bowl
from patterns.detectors.chart.lines import (
    between,
    drying_up,
    leaning,
    new_pivot,
    read_at,
)
from patterns.evidence import or_unknown, ratio
from patterns.examples import Chart, path
from patterns.geometry import Geometry
from patterns.levels import Levels, levels
from patterns.pivots import PIVOT_INPUTS, pivots, unit
from patterns.views import BarView, Bools, Floats

RIGHT_RIM = 1
HANDLE_BARS = (5, 25)
OLDEST = LONGEST + HANDLE_BARS[1]
RISE_BARS = 40
RISE = 0.5
"""The rise before the cup, over 40 bars, is at least this part of its depth."""
CENTRE = (0.2, 0.8)
UNLEVEL = 0.25
"""By how much of the depth one rim may be higher."""
ROUNDER = 1.0
"""Closer to a parabola than to a V."""
LOOKBACK = OLDEST + RIM_BARS + RISE_BARS + 1


def _bowl(view: BarView) -> Bowl:
    return bowl.bowl(view, RIGHT_RIM)


def _dip(view: BarView) -> Bools:
    """A new low pivot after a high that none shortly before it reaches."""
    handle = between(pivots(view).ago(RIGHT_RIM), *HANDLE_BARS)
    return new_pivot(view, high=False) & handle & bowl.rim(view, RIGHT_RIM)


def _rise(view: BarView, it: Bowl) -> Floats:
    """The rise to the left rim, in depths."""
    return ratio(it.left[1] - read_at(view, "close", it.left[0] + RISE_BARS), it.depth)


def _handle(view: BarView, it: Bowl) -> Floats:
    """How deep the handle is, in depths of the cup."""
    return ratio(it.right[1] - pivots(view).price(0), it.depth)


def _levels(view: BarView, direction: Direction, span: int) -> Levels:
    it = _bowl(view)
    return levels(it.right[1], pivots(view).price(0), it.right[1] + it.depth)


def _geometry(view: BarView, direction: Direction) -> Geometry:
    it, swing = _bowl(view), pivots(view)
    return Geometry(
        pivots={
            "left": it.left,
            "bottom": it.bottom,
            "right": it.right,
            "handle": swing.anchor(0),
        },
        lines={"rim": (it.left, it.right), "handle": (it.right, swing.anchor(0))},
    )


def cup_and_handle(
    fewest_bars: int = 30, depth_units: float = 5.0, handle: float = 0.5, uneven: float = 0.18
) -> Detector:
    """fewest_bars: from rim to rim. depth_units: mean ranges from rim to bottom, at least.

    handle: how much of the cup's depth the handle may take back. uneven: mean distance of
    fifteen closes from the parabola that fits them, in its depth.
    """

    def judge(view: BarView) -> Bools:
        it = _bowl(view)
        return (
            (it.bars >= fewest_bars)
            & (it.depth >= depth_units * unit(view))
            & (it.uneven <= uneven)
            & (it.rounder >= ROUNDER)
            & between(it.centre, *CENTRE)
            & (np.abs(it.left[1] - it.right[1]) <= UNLEVEL * it.depth)
            & (_rise(view, it) >= RISE)
            & between(_handle(view, it), 0.05, handle)
            & (it.right[0] <= 0.5 * it.bars)
            & between(view.close[0], pivots(view).price(0), it.right[1])
        )

    def find(view: BarView) -> Strength:
        return bowl.judged_bowls(view, _dip(view), RIGHT_RIM, fewest_bars, judge)

    def parts(view: BarView, direction: Direction) -> Parts:
        it = _bowl(view)
        round_part, shallow = 1.0 - 0.5 * it.uneven / uneven, 1.0 - _handle(view, it) / handle
        return {
            "fit": or_unknown(np.clip(0.6 * round_part + 0.4 * shallow, 0.0, 1.0)),
            "volume": drying_up(view, it.right[0], 0.0 * it.right[0]),
            "trend": leaning(_rise(view, it) - RISE),
        }

    return Detector(
        pattern_type="cup_and_handle",
        title="Cup with handle",
        family="continuation",
        formula="a pivot high as the right rim; the nearest bar before it that was as high lies "
        f"{fewest_bars}–{LONGEST} bars back (beyond {bowl.SHOULDER} bars, {bowl.LEVEL_UNITS:g} "
        f"mean ranges lower will do), and the left rim is the highest of it and {RIM_BARS} bars "
        f"before; the rims differ by at most {UNLEVEL:g} of the depth; the lowest bar between is "
        f"at least {depth_units:g} mean ranges below both, at {CENTRE[0]:g}–{CENTRE[1]:g} of the "
        f"way; fifteen closes lie on average within {uneven:g} of its depth from the parabola "
        "from rim to rim that fits them best, and nearer to it than to the best V; the "
        f"{RISE_BARS} bars before rose by {RISE:g} depths or more; then a handle of "
        f"{HANDLE_BARS[0]}–{HANDLE_BARS[1]} bars that takes back at most {handle:g} of the depth; "
        "formed when its low is known; trigger the right rim, stop the handle's low, target the "
        "depth beyond the trigger",
        source="William J. O'Neil, How to Make Money in Stocks, 1988; measure rule as in Thomas "
        "N. Bulkowski, Encyclopedia of Chart Patterns",
        parameters={
            "fewest_bars": fewest_bars,
            "depth_units": depth_units,
            "handle": handle,
            "uneven": uneven,
        },
        bounds={
            "fewest_bars": (bowl.FEWEST, 90),
            "depth_units": (2.0, 30.0),
            "handle": (0.1, 0.8),
            "uneven": (0.02, 0.3),
        },
        make=cup_and_handle,
        inputs=PIVOT_INPUTS,
        warm_up=fewest_bars + RISE_BARS,
        lookback=LOOKBACK,
        span=HANDLE_BARS[0],
        gaps="counts bars, not minutes; a gap is one step of the cup",
        find=find,
        parts=parts,
        weights={"fit": 0.5, "volume": 0.25, "trend": 0.25},
        geometry=_geometry,
        levels=_levels,
        example=_example(),
        min_confidence=0.45,
        cool_down=30,
        expires=40,
    )


def _example() -> Chart:
    """Up, along a parabola of 40 bars with small swings, and a dip of 2 at the rim."""
    turns = [(0, 45.0), (40, 60.0)]
    for bar in range(45, 80, 5):
        part = (bar - 40) / 40
        turns.append((bar, 60.0 - 40.0 * part * (1.0 - part) + (0.6 if bar % 2 else -0.6)))
    return path([*turns, (80, 60.0), (85, 57.8), (88, 58.7)], wick=0.3)


DEFINITIONS = (cup_and_handle(),)
