"""Rounding bottom: a long, even turn from falling to rising."""

from __future__ import annotations

import numpy as np

from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.chart import bowl
from patterns.detectors.chart.bowl import LONGEST, RIM_BARS, Bowl
from patterns.detectors.chart.lines import (
    TREND_BARS,
    between,
    drying_up,
    leaning,
    move_into,
    new_pivot,
)
from patterns.evidence import or_unknown
from patterns.examples import Chart, path
from patterns.geometry import Geometry
from patterns.indicators.pivots import REACH
from patterns.levels import Levels, levels
from patterns.pivots import PIVOT_INPUTS, unit
from patterns.views import BarView, Bools

RIGHT_RIM = 0
OLDEST = LONGEST + REACH
LOOKBACK = OLDEST + RIM_BARS + TREND_BARS + 1
CENTRE = (0.25, 0.75)
UNLEVEL = 0.25
"""By how much of the depth one rim may be higher."""
ROUNDER = 1.0
"""Closer to a parabola than to a V."""


def _bowl(view: BarView) -> Bowl:
    return bowl.bowl(view, RIGHT_RIM)


def _higher(view: BarView) -> Bools:
    """A new high pivot that none shortly before it reaches."""
    return new_pivot(view, high=True) & bowl.rim(view, RIGHT_RIM)


def _levels(view: BarView, direction: Direction, span: int) -> Levels:
    it = _bowl(view)
    trigger = np.maximum(it.left[1], it.right[1])
    return levels(trigger, it.bottom[1], trigger + it.depth)


def _geometry(view: BarView, direction: Direction) -> Geometry:
    it = _bowl(view)
    return Geometry(
        pivots={"left": it.left, "bottom": it.bottom, "right": it.right},
        lines={"rim": (it.left, it.right)},
    )


def rounding_bottom(
    fewest_bars: int = 35, depth_units: float = 5.0, uneven: float = 0.15
) -> Detector:
    """fewest_bars: from rim to rim. depth_units: mean ranges from rim to bottom, at least.

    uneven: mean distance of fifteen closes from the parabola that fits them, in its depth.
    """

    def judge(view: BarView) -> Bools:
        it = _bowl(view)
        return (
            (it.bars >= fewest_bars)
            & (it.depth >= depth_units * unit(view))
            & (it.uneven <= uneven)
            & (it.rounder >= ROUNDER)
            & between(it.centre, *CENTRE)
            & (it.left[1] - it.right[1] <= UNLEVEL * it.depth)
            & (view.close[0] < np.maximum(it.left[1], it.right[1]))
            & (view.close[0] > it.bottom[1])
        )

    def find(view: BarView) -> Strength:
        return bowl.judged_bowls(view, _higher(view), RIGHT_RIM, fewest_bars, judge)

    def parts(view: BarView, direction: Direction) -> Parts:
        it = _bowl(view)
        return {
            "fit": or_unknown(np.clip(1.0 - 0.5 * it.uneven / uneven, 0.0, 1.0)),
            "volume": drying_up(view, it.left[0], it.bottom[0]),
            "trend": leaning(-move_into(view, it.left[0])),
        }

    return Detector(
        pattern_type="rounding_bottom",
        title="Rounding bottom",
        family="reversal",
        formula="a new pivot high as the right rim; the nearest bar before it that was as high "
        f"lies {fewest_bars}–{LONGEST} bars back (beyond {bowl.SHOULDER} bars, "
        f"{bowl.LEVEL_UNITS:g} mean ranges lower will do), and the left rim is the highest of it "
        f"and {RIM_BARS} bars before, at most {UNLEVEL:g} of the depth higher; the lowest bar "
        f"between is at least {depth_units:g} mean ranges below both and at "
        f"{CENTRE[0]:g}–{CENTRE[1]:g} of the way; fifteen closes lie on average within {uneven:g} "
        "of its depth from the parabola from rim to rim that fits them best, and nearer to it "
        "than to the best V; trigger the higher rim, stop the bottom, target the depth beyond the "
        "trigger",
        source="Robert D. Edwards and John Magee, Technical Analysis of Stock Trends, 1948; "
        "measure rule as in Thomas N. Bulkowski, Encyclopedia of Chart Patterns",
        parameters={"fewest_bars": fewest_bars, "depth_units": depth_units, "uneven": uneven},
        bounds={
            "fewest_bars": (bowl.FEWEST, 90),
            "depth_units": (2.0, 30.0),
            "uneven": (0.02, 0.3),
        },
        make=rounding_bottom,
        inputs=PIVOT_INPUTS,
        warm_up=fewest_bars + REACH,
        lookback=LOOKBACK,
        span=REACH + 1,
        gaps="counts bars, not minutes; a gap is one step of the bowl",
        find=find,
        parts=parts,
        weights={"fit": 0.5, "volume": 0.25, "trend": 0.25},
        geometry=_geometry,
        levels=_levels,
        example=_example(),
        min_confidence=0.45,
        cool_down=40,
        expires=60,
    )


def _example() -> Chart:
    """Down, along a parabola of 50 bars with small swings, and a pivot at its rim."""
    turns = [(0, 72.0), (30, 60.0)]
    for bar in range(35, 80, 5):
        part = (bar - 30) / 50
        turns.append((bar, 60.0 - 40.0 * part * (1.0 - part) + (0.6 if bar % 2 else -0.6)))
    return path([*turns, (80, 60.0), (83, 58.8)], wick=0.3)


DEFINITIONS = (rounding_bottom(),)
