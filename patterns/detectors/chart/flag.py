"""Flag: a pole, and a short channel that drifts against it."""

from __future__ import annotations

from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.chart import pole
from patterns.detectors.chart.lines import at_these, between, judged, new_pivot
from patterns.evidence import ratio
from patterns.examples import path
from patterns.geometry import Geometry
from patterns.levels import Levels
from patterns.pivots import PIVOT_INPUTS
from patterns.views import BarView, Floats

POINTS = 4
"""Foot, tip, first turn, second turn."""
WIDEST = 0.5
DRIFTS = (0.05, 0.45)
"""How far the channel falls over its length, in poles."""


def _flag(view: BarView) -> pole.Rest:
    return pole.rest(view, POINTS, parallel=True)


def _width(it: pole.Rest) -> Floats:
    """Of the channel, in poles."""
    return ratio(it.upper.at(0.0) - it.lower.at(0.0), it.pole)


def _drift(it: pole.Rest) -> Floats:
    """How far the channel falls over its length, in poles."""
    return ratio(-it.upper.slope * it.bars, it.pole)


def flag(pole_units: float = 5.0) -> Detector:
    """The pole is at least `pole_units` mean ranges long."""

    def judge(view: BarView) -> Floats:
        it = _flag(view)
        channel = between(_drift(it), *DRIFTS) & (_width(it) <= WIDEST)
        rough = channel & pole.shaped(view, it, pole_units)
        return at_these(view, rough, lambda few: pole.side_where_clear(few, _flag(few)))

    def find(view: BarView) -> Strength:
        return judged(view, new_pivot(view), judge)

    def parts(view: BarView, direction: Direction) -> Parts:
        it = _flag(view)
        fit = 1.0 - 0.5 * (_width(it) / WIDEST + it.taken_back / pole.DEEPEST)
        return pole.parts_of(view, it, fit)

    def levels(view: BarView, direction: Direction, span: int) -> Levels:
        return pole.levels_of(_flag(view), direction)

    def geometry(view: BarView, direction: Direction) -> Geometry:
        return pole.geometry_of(_flag(view))

    return Detector(
        pattern_type="flag",
        title="Flag",
        family="continuation",
        formula=f"a pole from one pivot to the next of at least {pole_units:g} mean ranges in at "
        f"most {pole.LONGEST_POLE} bars, none of which closes half the pole higher; then "
        f"{pole.FEWEST_BARS}–{pole.MOST_BARS} bars in a channel against it: one line through the "
        "tip and the next pivot of its kind, one parallel through the pivot between; it drifts by "
        f"{DRIFTS[0]:g}–{DRIFTS[1]:g} of the pole, is at most {WIDEST:g} of it wide and takes "
        f"back at most {pole.DEEPEST:g} of it; formed when the third pivot of the channel is "
        "known; trigger the line of the tip, stop the pivot between, target from that pivot the "
        "length of the pole; the bearish one upside down",
        source="Robert D. Edwards and John Magee, Technical Analysis of Stock Trends, 1948; "
        "target as in Thomas N. Bulkowski, Encyclopedia of Chart Patterns",
        parameters={"pole_units": pole_units},
        bounds={"pole_units": (2.0, 20.0)},
        make=flag,
        inputs=PIVOT_INPUTS,
        warm_up=pole.WARM_UP,
        lookback=pole.LOOKBACK,
        span=pole.FEWEST_BARS,
        gaps=pole.GAPS,
        find=find,
        parts=parts,
        weights=pole.WEIGHTS,
        geometry=geometry,
        levels=levels,
        example=path([(0, 51), (20, 50), (28, 62), (32, 59.5), (36, 61), (39, 59.5)], wick=0.3),
        min_confidence=0.5,
        cool_down=15,
        expires=20,
    )


DEFINITIONS = (flag(),)
