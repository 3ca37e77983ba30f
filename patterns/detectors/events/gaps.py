"""Gaps: a bar that trades wholly above or below the bar before it, by where it comes.

Every gap of the least size is exactly one of the four types.
"""

from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from patterns.definitions import Bounds, Detector, Direction, Parts, Strength
from patterns.detectors.events.measures import (
    UNIT_BARS,
    closing_place,
    in_units,
    move,
    unit,
    volume_ratio,
)
from patterns.evidence import ratio, trend_part, volume_part
from patterns.examples import Chart, path
from patterns.geometry import Anchor, Geometry
from patterns.levels import Levels, risked
from patterns.sums import highest, lowest
from patterns.views import BarView, Bools, Floats

BEFORE = 20
COMMON, BREAKAWAY, RUNAWAY, EXHAUSTION = 1, 2, 3, 4
WEIGHTS = {"size": 0.35, "volume": 0.3, "close": 0.2, "trend": 0.15}
COMMON_WEIGHTS = {"quiet": 0.35, "within": 0.35, "size": 0.3}


@dataclass(frozen=True, slots=True)
class Limits:
    """Where one type ends and the next begins; sizes in mean true ranges of 20 bars."""

    size: float = 0.5
    narrow: float = 5.0
    trend: float = 3.0
    stretch: float = 5.0
    surge: float = 1.5
    climax: float = 2.0


BOUNDS: Bounds = {
    "size": (0.05, 5.0),
    "narrow": (1.0, 12.0),
    "trend": (0.5, 12.0),
    "stretch": (1.0, 20.0),
    "surge": (0.5, 10.0),
    "climax": (1.0, 20.0),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between the types of gap. follows: it points where the gap points (1),
    against it (-1), or nowhere (0)."""

    number: int
    pattern_type: str
    title: str
    follows: int
    formula: str
    source: str
    min_confidence: float
    example: Chart


def edges(view: BarView) -> tuple[Floats, Floats]:
    """The nearer and the farther edge of the gap, as seen from the bar before it."""
    up = view.low[0] > view.high[1]
    return np.where(up, view.high[1], view.low[1]), np.where(up, view.low[0], view.high[0])


def gap_side(view: BarView) -> Floats:
    """1 for a gap up, -1 for a gap down, 0 without a gap."""
    up, down = view.low[0] > view.high[1], view.high[0] < view.low[1]
    return up.astype(np.float64) - down


def gap_size(view: BarView) -> Floats:
    """The gap between the two bars' ranges, in units."""
    near, far = edges(view)
    return ratio(np.abs(far - near), unit(view))


def _types(view: BarView, limits: Limits) -> Floats:
    side = gap_side(view)
    there = (side != 0) & (gap_size(view) >= limits.size)
    top, bottom = highest(view, "high", BEFORE, 1), lowest(view, "low", BEFORE, 1)
    beyond = np.where(side > 0, view.close[0] > top, view.close[0] < bottom)
    traded, before = volume_ratio(view), side * move(view, BEFORE, 1)
    held = side * (view.close[0] - view.open[0]) >= 0
    turned = side * (2.0 * view.close[0] - view.high[0] - view.low[0]) <= 0

    breakaway = (ratio(top - bottom, unit(view)) <= limits.narrow) & beyond
    breakaway &= traded >= limits.surge
    exhaustion = (before >= limits.stretch) & (traded >= limits.climax) & turned
    runaway = (before >= limits.trend) & beyond & held
    kinds = np.select([breakaway, exhaustion, runaway], [BREAKAWAY, EXHAUSTION, RUNAWAY], COMMON)
    return np.where(there, side * kinds, 0.0)


def gap_types(view: BarView, limits: Limits) -> Floats:
    """The number of each bar's type of gap, negative for a gap down; 0 without a gap."""
    return view.memo(("gap_types", limits), lambda: _types(view, limits))


def is_kind(view: BarView, limits: Limits, kind: Kind) -> Bools:
    """Whether the bar makes a gap of this type."""
    result: Bools = np.abs(gap_types(view, limits)) == kind.number
    return result


def gap_geometry(view: BarView, direction: Direction) -> Geometry:
    """The two edges of the gap, from the bar before it."""
    lines: dict[str, tuple[Anchor, Anchor]] = {}
    for name, price in zip(("near", "far"), edges(view), strict=True):
        lines[name] = (np.ones(price.shape), price), (np.zeros(price.shape), price)
    return Geometry(lines=lines)


def follow_levels(view: BarView, direction: Direction, span: int) -> Levels:
    """Beyond the bar's end it goes on; a close across the whole gap has filled it."""
    near, _ = edges(view)
    return risked(direction, np.where(direction > 0, view.high[0], view.low[0]), near)


def turn_levels(view: BarView, direction: Direction, span: int) -> Levels:
    """A close across the whole gap turns it; one beyond the bar's far end fails."""
    near, _ = edges(view)
    return risked(direction, near, np.where(direction > 0, view.low[0], view.high[0]))


def kind_parts(view: BarView, direction: Direction, kind: Kind) -> Parts:
    """size in units; volume; close: towards where it points; trend: before, the gap's way."""
    near, far = edges(view)
    reversed_ = direction if kind.follows < 0 else -direction
    return {
        "size": in_units(view, np.abs(far - near)),
        "volume": volume_part(view),
        "close": closing_place(view, direction),
        "trend": trend_part(view, reversed_.astype(np.int8), 1),
    }


def common_parts(view: BarView) -> Parts:
    """quiet: little volume; within: near to the range of the bars before; size in units."""
    top, bottom = highest(view, "high", BEFORE, 1), lowest(view, "low", BEFORE, 1)
    outside = np.maximum(np.maximum(view.close[0] - top, bottom - view.close[0]), 0.0)
    near, far = edges(view)
    return {
        "quiet": 1.0 - volume_part(view),
        "within": 1.0 - in_units(view, outside),
        "size": in_units(view, np.abs(far - near)),
    }


def gap(kind: Kind, **given: float) -> Detector:
    """One type of gap; all four have the same `Limits`, so that each gap is of one type."""
    limits = Limits(**given)

    def find(view: BarView) -> Strength:
        sign = np.sign(gap_types(view, limits)) * (kind.follows or 1)
        return np.where(is_kind(view, limits, kind), 100 * sign, 0).astype(np.int16)

    def direction(view: BarView, strength: Strength) -> Direction:
        return (np.sign(strength) * abs(kind.follows)).astype(np.int8)

    def parts(view: BarView, direction: Direction) -> Parts:
        return common_parts(view) if kind.follows == 0 else kind_parts(view, direction, kind)

    return Detector(
        pattern_type=kind.pattern_type,
        title=kind.title,
        family="gap",
        formula="low > the high before, or high < the low before, by at least "
        f"{limits.size:g} mean true ranges of {UNIT_BARS} bars; {kind.formula.format(limits)}",
        source=kind.source,
        parameters=asdict(limits),
        bounds=BOUNDS,
        make=partial(gap, kind),
        warm_up=BEFORE + 1,
        lookback=BEFORE + 2,
        span=2,
        gaps="compares with the bar before, however long ago: a gap over night and one after "
        "minutes without a trade are gaps like any other",
        find=find,
        direction=direction,
        parts=parts,
        weights=COMMON_WEIGHTS if kind.follows == 0 else WEIGHTS,
        geometry=gap_geometry,
        levels=turn_levels if kind.follows < 0 else follow_levels,
        example=kind.example,
        min_confidence=kind.min_confidence,
        cool_down=5,
    )


BULKOWSKI = "Thomas Bulkowski, Encyclopedia of Chart Patterns, 2005 (gaps)"
EDWARDS = "Edwards and Magee, Technical Analysis of Stock Trends, 1948 (gaps); limits of TickStock"
FLAT = path([(0, 50.0), *((n, 50.0 + 0.4 * (n % 2)) for n in range(1, 24))], wick=0.2)
SWINGS = path([(0, 50.0), (6, 53.0), (14, 47.0), (22, 52.0)], wick=0.2)
CLIMB = path([(0, 40.0), (6, 40.2), (24, 58.0)], wick=0.3)

KINDS = (
    Kind(
        COMMON,
        "common_gap",
        "Common gap",
        0,
        "it is neither a breakaway, a runaway nor an exhaustion gap; points nowhere",
        f"{BULKOWSKI}; {EDWARDS}",
        0.64,
        (*SWINGS, (49.1, 49.4, 48.5, 48.6, 110.0)),
    ),
    Kind(
        BREAKAWAY,
        "breakaway_gap",
        "Breakaway gap",
        1,
        "the 20 bars before span at most {0.narrow:g} mean true ranges, the close lies beyond "
        "all of them, volume is at least {0.surge:g} times their mean",
        EDWARDS,
        0.55,
        (*FLAT, (51.4, 52.6, 51.3, 52.5, 400.0)),
    ),
    Kind(
        RUNAWAY,
        "runaway_gap",
        "Runaway gap",
        1,
        "closes went at least {0.trend:g} mean true ranges the gap's way over 20 bars, the close "
        "lies beyond all of them and not against the gap; it is no breakaway, no exhaustion gap",
        EDWARDS,
        0.6,
        (*CLIMB, (60.0, 62.0, 59.8, 61.8, 250.0)),
    ),
    Kind(
        EXHAUSTION,
        "exhaustion_gap",
        "Exhaustion gap",
        -1,
        "closes went at least {0.stretch:g} mean true ranges the gap's way over 20 bars, volume "
        "is at least {0.climax:g} times their mean, and the bar closes in the half of its range "
        "that is nearer to the gap; points against the gap",
        f"{BULKOWSKI}; limits of TickStock",
        0.5,
        (*CLIMB, (60.4, 60.9, 59.4, 59.5, 500.0)),
    ),
)
DEFINITIONS = tuple(gap(kind) for kind in KINDS)
