"""Flag and pennant: a pole, a steep move of several mean ranges, and a short rest against it.

Prices are turned so that the pole rises: a bearish shape is read upside down. `side` is 1 where
the shape is bullish, -1 where it is bearish.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from patterns.definitions import Direction, Parts
from patterns.detectors.chart.lines import Line, between, closes, drying_up, shared
from patterns.evidence import or_unknown, ratio
from patterns.geometry import Anchor, Geometry
from patterns.levels import Levels, levels
from patterns.pivots import PIVOT_WARM_UP, UNIT_BARS, pivots, unit
from patterns.views import BarView, Bools, Floats

LONGEST_POLE = 20
FEWEST_BARS, MOST_BARS = 6, 25
DEEPEST = 0.5
"""A rest that takes back more than this part of the pole is no rest."""
LARGEST_STEP = 0.5
POLE_UNITS_FULL = 12.0

LOOKBACK = LONGEST_POLE + MOST_BARS + UNIT_BARS
WARM_UP = PIVOT_WARM_UP + UNIT_BARS
WEIGHTS = {"fit": 0.5, "volume": 0.25, "trend": 0.25}
GAPS = "counts bars, not minutes: a gap within the pole is one steep step of it"


@dataclass(frozen=True, slots=True)
class Rest:
    """A pole and what follows it, prices turned so that the pole rises.

    points: the pole's foot and tip, then the pivots of the rest. upper, lower: its boundaries.
    """

    side: Floats
    points: tuple[Anchor, ...]
    upper: Line
    lower: Line

    @property
    def pole(self) -> Floats:
        """From foot to tip."""
        return self.points[1][1] - self.points[0][1]

    @property
    def bars(self) -> Floats:
        """Bars since the tip."""
        return self.points[1][0]

    @property
    def bottom(self) -> Floats:
        """The first pivot of the rest, which is its lowest."""
        return self.points[2][1]

    @property
    def taken_back(self) -> Floats:
        """Part of the pole that the rest has taken back."""
        return ratio(self.points[1][1] - self.bottom, self.pole)


def _rest(view: BarView, count: int, parallel: bool) -> Rest:
    swing = pivots(view)
    # The tip is a high of a bullish shape: the newest pivot is of the same kind if `count` is even.
    side = np.where(swing.newest_is_high, 1.0, -1.0) * (1.0 if count % 2 == 0 else -1.0)
    points = tuple((swing.ago(i), side * swing.price(i)) for i in range(count - 1, -1, -1))
    upper = Line(points[1], points[3])
    if parallel:
        ago, price = points[2]
        lower = Line(points[2], (0.0 * ago, price + upper.slope * ago))
    else:
        lower = Line(points[2], points[4])
    return Rest(side, points, upper, lower)


def rest(view: BarView, count: int, parallel: bool) -> Rest:
    """The last `count` pivots as pole and rest; the lower line is parallel, or through two lows."""
    return shared(view, ("rest", count, parallel), lambda: _rest(view, count, parallel))


def shaped(view: BarView, it: Rest, pole_units: float) -> Bools:
    """A long steep pole, and a shallow short rest."""
    foot, tip = it.points[0], it.points[1]
    return (
        (it.pole >= pole_units * unit(view))
        & (foot[0] - tip[0] <= LONGEST_POLE)
        & between(it.bars, FEWEST_BARS, MOST_BARS)
        & (it.taken_back <= DEEPEST)
        & (it.points[3][1] < tip[1])
    )


def side_where_clear(view: BarView, it: Rest) -> Floats:
    """1 bullish, -1 bearish; 0 where its bars are not those of a pole and a rest."""
    return np.where(_climbed(view, it) & _inside(view, it), it.side, 0.0)


def _climbed(view: BarView, it: Rest) -> Bools:
    """Whether no single step from close to close makes most of the pole: one gap is no pole."""
    ago, close = closes(view, LONGEST_POLE + MOST_BARS + 1)
    large = it.side * (close[:-1] - close[1:]) > LARGEST_STEP * it.pole
    within = (ago[:-1] >= it.points[1][0]) & (ago[:-1] < it.points[0][0])
    jump: Bools = np.logical_or.reduce(large & within, axis=0)
    return ~jump


def _inside(view: BarView, it: Rest) -> Bools:
    """Whether no close since the rest's first low lies beyond a boundary by half a mean range."""
    allowed = 0.5 * unit(view)
    ago, close = closes(view, MOST_BARS)
    close = it.side * close
    beyond = (close > it.upper.at(ago) + allowed) | (close < it.lower.at(ago) - allowed)
    now = between(close[0], np.maximum(it.lower.at(0.0), it.bottom), it.upper.at(0.0))
    return now & ~(beyond & (ago < it.points[2][0])).any(axis=0)


def parts_of(view: BarView, it: Rest, fit: Floats) -> Parts:
    """volume: less in the rest than in the pole; trend: how long the pole is."""
    tip = it.points[1][0]
    return {
        "fit": or_unknown(np.clip(fit, 0.0, 1.0)),
        "volume": drying_up(view, tip, 0.0 * tip),
        "trend": or_unknown(np.minimum(ratio(it.pole, POLE_UNITS_FULL * unit(view)), 1.0)),
    }


def geometry_of(it: Rest) -> Geometry:
    """The pole, and the rest's two lines up to the current bar."""
    names = ("foot", "tip", "first", "second", "third")
    points = [_turned(it, point) for point in it.points]
    return Geometry(
        pivots=dict(zip(names, points, strict=False)),
        lines={
            "pole": (points[0], points[1]),
            "upper": _drawn(it, it.upper),
            "lower": _drawn(it, it.lower),
        },
    )


def _turned(it: Rest, point: Anchor) -> Anchor:
    return point[0], it.side * point[1]


def _drawn(it: Rest, line: Line) -> tuple[Anchor, Anchor]:
    first, last = line.drawn
    return _turned(it, first), _turned(it, last)


def levels_of(it: Rest, direction: Direction) -> Levels:
    """Out of the rest, and from its lowest point as far as the pole was long."""
    side = it.side
    return levels(
        side * it.upper.at(0.0),
        side * it.bottom,
        side * (it.bottom + it.pole),
        side * it.upper.slope,
    )
