"""Double top and double bottom: two swings end at one price, with a clear reaction between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from patterns.candles import as_strength
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.chart.formation import (
    Swings,
    closeness,
    formation,
    formed,
    here,
    lighter,
    real,
    share,
)
from patterns.examples import path
from patterns.geometry import Geometry
from patterns.indicators.pivots import PIVOTS
from patterns.levels import Levels
from patterns.views import BarView, Bools, Floats

BOUNDS = {"tolerance": (0.05, 2.0), "height": (1.0, 20.0), "apart": (4, 80), "advance": (0.0, 5.0)}
NAMES = {
    1: ("double_top", "Double top", "first_top", "valley", "second_top"),
    -1: ("double_bottom", "Double bottom", "first_bottom", "peak", "second_bottom"),
}
EXAMPLES = {
    1: path([(0, 102.5), (5, 100), (24, 118), (32, 110), (41, 117.8), (44, 115)]),
    -1: path([(0, 115.5), (5, 118), (24, 100), (32, 108), (41, 100.2), (44, 103)]),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What the geometry must meet; see `double`."""

    tolerance: float
    height: float
    apart: int
    advance: float


@dataclass(frozen=True, slots=True)
class Double:
    """Two tops, as (bars ago, level): `first`, the `valley` between, and the newest pivot.

    origin: the level from which the advance to the first top began.
    """

    found: Bools
    first: tuple[Floats, Floats]
    valley: tuple[Floats, Floats]
    origin: Floats
    highest: Floats

    @property
    def height(self) -> Floats:
        """From the valley to the higher top."""
        return self.highest - self.valley[1]


def between(swings: Swings, number: int, rules: Rules) -> Double:
    """The newest pivot and pivot `number` as a double top."""
    first, second = swings.level(number), swings.level(0)
    valley = swings.lowest(range(1, number, 2))
    others = swings.highest([*range(2, number, 2), *range(number + 2, PIVOTS, 2)])
    near = rules.tolerance * swings.unit
    made = Double(
        found=(np.abs(first - second) <= near) & ~(others > np.minimum(first, second) - near),
        first=(swings.ago(number), first),
        valley=valley,
        origin=swings.bottom_before(number),
        highest=np.maximum(first, second),
    )
    return replace(
        made,
        found=made.found
        & (
            (made.height >= rules.height * swings.unit)
            & (swings.ago(number) - swings.ago(0) >= rules.apart)
            & (first - made.origin >= rules.advance * made.height)
            & (swings.close > valley[1])
            & (swings.close <= made.highest)
        ),
    )


def chosen(first: Double, other: Double) -> Double:
    """`other` where only that is found: no two of them are found at once."""
    take = other.found

    def either(a: Floats, b: Floats) -> Floats:
        return np.where(take, b, a)

    return Double(
        first.found | take,
        (either(first.first[0], other.first[0]), either(first.first[1], other.first[1])),
        (either(first.valley[0], other.valley[0]), either(first.valley[1], other.valley[1])),
        either(first.origin, other.origin),
        either(first.highest, other.highest),
    )


def read(swings: Swings, rules: Rules) -> Double:
    """The double top that the newest pivot completes; up to two lesser highs may lie between."""
    made = between(swings, 2, rules)
    for number in (4, 6):
        made = chosen(made, between(swings, number, rules))
    return made


def double(
    side: int,
    tolerance: float = 0.5,
    height: float = 3.0,
    apart: int = 10,
    advance: float = 1.2,
) -> Detector:
    """side 1: a top, -1: a bottom.

    The tops differ by `tolerance` units at most, the valley is `height` units deep, the tops lie
    `apart` bars apart, and the advance to the first is `advance` times that depth.
    """
    rules = Rules(tolerance, height, apart, advance)
    pattern_type, title, *names = NAMES[side]

    def found(view: BarView) -> Bools:
        return read(Swings(view, side), rules).found

    def find(view: BarView) -> Strength:
        return as_strength(formed(view, side, found), -100 * side)

    def parts(view: BarView, direction: Direction) -> Parts:
        swings = Swings(view, side)
        made = read(swings, rules)
        equal = closeness(made.first[1] - swings.level(0), tolerance * swings.unit)
        return {
            "fit": 0.6 * equal + 0.4 * share(made.height, height * swings.unit),
            "volume": lighter(view, made.first[0], swings.ago(0)),
            "trend": share(made.first[1] - made.origin, made.height),
        }

    def levels(view: BarView, direction: Direction, span: int) -> Levels:
        swings = Swings(view, side)
        made = read(swings, rules)
        valley = made.valley[1]
        return swings.levels(valley, made.highest, valley - made.height)

    def geometry(view: BarView, direction: Direction) -> Geometry:
        swings = Swings(view, side)
        made = read(swings, rules)
        first, valley = real(side, made.first), real(side, made.valley)
        points = (first, valley, swings.anchor(0))
        return Geometry(
            pivots=dict(zip(names, points, strict=True)),
            lines={"neckline": (valley, here(valley[1]))},
        )

    high, low = ("high", "low") if side > 0 else ("low", "high")
    return formation(
        pattern_type=pattern_type,
        title=title,
        family="reversal",
        formula=f"two swing {high}s that differ by at most {tolerance:g} units, at least {apart} "
        f"bars apart, no other as near; the {low} between them at least {height:g} units away, "
        f"the move to the first at least {advance:g} times that; not yet through the {low}. "
        "A unit is the mean true range of 20 bars. Trigger: the "
        f"{low} between; stop: the outer {high}; target: their distance beyond the trigger. "
        f"volume: more at the first {high} than at the second.",
        source="Robert D. Edwards and John Magee, Technical Analysis of Stock Trends; "
        "Thomas N. Bulkowski, Encyclopedia of Chart Patterns",
        parameters={
            "tolerance": tolerance,
            "height": height,
            "apart": apart,
            "advance": advance,
        },
        bounds=BOUNDS,
        make=partial(double, side),
        find=find,
        parts=parts,
        levels=levels,
        geometry=geometry,
        example=EXAMPLES[side],
    )


DEFINITIONS = (double(1), double(-1))
