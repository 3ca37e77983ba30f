"""Triple top and triple bottom: three swings end at one price."""

from __future__ import annotations

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
from patterns.levels import Levels
from patterns.views import BarView, Bools, Floats

TOPS = (0, 2, 4)
VALLEYS = (1, 3)
BOUNDS = {"tolerance": (0.05, 2.0), "height": (1.0, 20.0), "apart": (4, 60), "advance": (0.0, 5.0)}
NAMES = {
    1: ("triple_top", "Triple top", "top", "valley"),
    -1: ("triple_bottom", "Triple bottom", "bottom", "peak"),
}
EXAMPLES = {
    1: path(
        [
            (0, 102.5),
            (5, 100),
            (24, 118),
            (31, 111),
            (38, 118.2),
            (45, 111.4),
            (52, 117.9),
            (55, 115),
        ],
    ),
    -1: path(
        [
            (0, 115.5),
            (5, 118),
            (24, 100),
            (31, 107),
            (38, 99.8),
            (45, 106.6),
            (52, 100.1),
            (55, 103),
        ],
    ),
}


def spread(swings: Swings) -> Floats:
    """From the lowest of the three tops to the highest."""
    return swings.highest(TOPS) - swings.lowest(TOPS)[1]


def tall(swings: Swings) -> Floats:
    """From the lower valley to the highest top."""
    return swings.highest(TOPS) - swings.lowest(VALLEYS)[1]


def rise(swings: Swings) -> Floats:
    """The advance to the first top."""
    return swings.level(4) - swings.bottom_before(4)


def triple(
    side: int,
    tolerance: float = 0.6,
    height: float = 3.0,
    apart: int = 5,
    advance: float = 1.0,
) -> Detector:
    """side 1: a top, -1: a bottom.

    The tops lie within `tolerance` units, each `apart` bars from the next; the lower valley is
    `height` units deep, and the advance to the first top `advance` times that depth.
    """

    def found(view: BarView) -> Bools:
        swings = Swings(view, side)
        tops, size = swings.highest(TOPS), tall(swings)
        shallow = swings.highest(VALLEYS)
        return (
            (spread(swings) <= tolerance * swings.unit)
            & (size >= height * swings.unit)
            & (tops - shallow >= 0.5 * size)
            & (np.minimum(swings.ago(4) - swings.ago(2), swings.ago(2) - swings.ago(0)) >= apart)
            & (rise(swings) >= advance * size)
            & ~(swings.level(6) > swings.lowest(TOPS)[1])
            & (swings.close > swings.lowest(VALLEYS)[1])
            & (swings.close <= tops)
        )

    def find(view: BarView) -> Strength:
        return as_strength(formed(view, side, found), -100 * side)

    def parts(view: BarView, direction: Direction) -> Parts:
        swings = Swings(view, side)
        valleys = closeness(swings.level(1) - swings.level(3), tall(swings))
        return {
            "fit": 0.6 * closeness(spread(swings), tolerance * swings.unit) + 0.4 * valleys,
            "volume": lighter(view, swings.ago(4), swings.ago(0)),
            "trend": share(rise(swings), tall(swings)),
        }

    def levels(view: BarView, direction: Direction, span: int) -> Levels:
        swings = Swings(view, side)
        valley = swings.lowest(VALLEYS)[1]
        return swings.levels(valley, swings.highest(TOPS), valley - tall(swings))

    pattern_type, title, top, valley = NAMES[side]

    def geometry(view: BarView, direction: Direction) -> Geometry:
        swings = Swings(view, side)
        names = (f"first_{top}", f"first_{valley}", f"second_{top}", f"second_{valley}")
        points = [swings.anchor(i) for i in (4, 3, 2, 1, 0)]
        neck = real(side, swings.lowest(VALLEYS))
        return Geometry(
            pivots=dict(zip((*names, f"third_{top}"), points, strict=True)),
            lines={"neckline": (neck, here(neck[1]))},
        )

    high, low = ("high", "low") if side > 0 else ("low", "high")
    return formation(
        pattern_type=pattern_type,
        title=title,
        family="reversal",
        formula=f"three swing {high}s in a row within {tolerance:g} units, each at least {apart} "
        f"bars from the next; the outer {low} between them at least {height:g} units away and "
        f"the other at least half as far; the move to the first at least {advance:g} times that; "
        f"the {high} before not beyond them; not yet through the {low}s. A unit is "
        "the mean true range of 20 bars. Trigger: the "
        f"outer {low}; stop: the outer {high}; target: their distance beyond the trigger. "
        f"volume: more at the first {high} than at the third.",
        source="Robert D. Edwards and John Magee, Technical Analysis of Stock Trends; "
        "Thomas N. Bulkowski, Encyclopedia of Chart Patterns",
        parameters={
            "tolerance": tolerance,
            "height": height,
            "apart": apart,
            "advance": advance,
        },
        bounds=BOUNDS,
        make=partial(triple, side),
        find=find,
        parts=parts,
        levels=levels,
        geometry=geometry,
        example=EXAMPLES[side],
    )


DEFINITIONS = (triple(1), triple(-1))
