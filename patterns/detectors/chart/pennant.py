"""Pennant: a pole, and a small triangle at its tip."""

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

POINTS = 5
"""Foot, tip, and three turns."""
NARROWED = (0.05, 0.8)


def _pennant(view: BarView) -> pole.Rest:
    return pole.rest(view, POINTS, parallel=False)


def _left(it: pole.Rest) -> Floats:
    """What is left now of the height that it had at its first turn."""
    start = it.points[2][0]
    return ratio(it.upper.at(0.0) - it.lower.at(0.0), it.upper.at(start) - it.lower.at(start))


def pennant(pole_units: float = 5.0) -> Detector:
    """The pole is at least `pole_units` mean ranges long."""

    def judge(view: BarView) -> Floats:
        it = _pennant(view)
        closing = between(_left(it), *NARROWED) & (it.lower.slope > 0)
        rough = closing & pole.shaped(view, it, pole_units)
        return at_these(view, rough, lambda few: pole.side_where_clear(few, _pennant(few)))

    def find(view: BarView) -> Strength:
        return judged(view, new_pivot(view), judge)

    def parts(view: BarView, direction: Direction) -> Parts:
        it = _pennant(view)
        fit = 1.0 - 0.5 * (_left(it) + it.taken_back / pole.DEEPEST)
        return pole.parts_of(view, it, fit)

    def levels(view: BarView, direction: Direction, span: int) -> Levels:
        return pole.levels_of(_pennant(view), direction)

    def geometry(view: BarView, direction: Direction) -> Geometry:
        return pole.geometry_of(_pennant(view))

    return Detector(
        pattern_type="pennant",
        title="Pennant",
        family="continuation",
        formula=f"a pole from one pivot to the next of at least {pole_units:g} mean ranges in at "
        f"most {pole.LONGEST_POLE} bars, none of which closes half the pole higher; then "
        f"{pole.FEWEST_BARS}–{pole.MOST_BARS} bars between a falling line through the tip and the "
        "next high and a rising one through two lows, which have come to "
        f"{NARROWED[0]:g}–{NARROWED[1]:g} of their first distance; it takes back at most "
        f"{pole.DEEPEST:g} of the pole; formed when the second low is known; trigger the upper "
        "line, stop the first low, target from that low the length of the pole; the bearish one "
        "upside down",
        source="Robert D. Edwards and John Magee, Technical Analysis of Stock Trends, 1948; "
        "target as in Thomas N. Bulkowski, Encyclopedia of Chart Patterns",
        parameters={"pole_units": pole_units},
        bounds={"pole_units": (2.0, 20.0)},
        make=pennant,
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
        example=path(
            [(0, 51), (20, 50), (28, 62), (32, 58), (36, 60.8), (40, 59), (43, 59.8)], wick=0.3
        ),
        min_confidence=0.5,
        cool_down=15,
        expires=20,
    )


DEFINITIONS = (pennant(),)
