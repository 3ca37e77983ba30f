"""Rectangle: the price pauses between two level boundaries, each touched twice."""

from __future__ import annotations

from functools import partial

import numpy as np

from patterns.candles import as_strength
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.chart.formation import (
    Side,
    Swings,
    closeness,
    formation,
    formed,
    here,
    share,
    volume_round,
)
from patterns.examples import path
from patterns.geometry import Geometry
from patterns.levels import Levels
from patterns.views import BarView, Bools, Floats

EXAMPLE = path([(0, 93), (5, 90), (22, 110), (29, 105), (36, 110.2), (43, 104.9), (46, 107)])
BOUNDS = {"tolerance": (0.05, 2.0), "height": (1.0, 20.0), "length": (10, 100), "advance": (0, 5)}


class Box(Swings):
    """Levels of the four newest pivots; `side` is where the trend before came to."""

    def __init__(self, view: BarView, side: Side) -> None:
        super().__init__(view, side)
        pairs = (self.level(0), self.level(2)), (self.level(1), self.level(3))
        newest_is_top = pairs[0][0] > pairs[1][0]
        self.top = np.where(newest_is_top, np.maximum(*pairs[0]), np.maximum(*pairs[1]))
        self.bottom = np.where(newest_is_top, np.minimum(*pairs[1]), np.minimum(*pairs[0]))
        self.height: Floats = self.top - self.bottom

    def off(self) -> tuple[Floats, Floats]:
        """How far the two touches of each boundary lie apart."""
        return (
            np.abs(self.level(0) - self.level(2)),
            np.abs(self.level(1) - self.level(3)),
        )

    def rise(self) -> Floats:
        """From the lowest pivot before the rectangle to its bottom."""
        return self.bottom - self.lowest(range(4, 8))[1]

    def begun(self, near: Floats) -> Bools:
        """Whether the pivots before were not yet of it: it is complete just now."""
        earlier = np.abs(self.level(2) - self.level(4)) <= near
        return ~earlier & ~(self.highest(range(4, 8)) > self.top + near)


def rectangle(
    tolerance: float = 0.6, height: float = 2.5, length: int = 12, advance: float = 1.0
) -> Detector:
    """Two highs and two lows, each pair level within `tolerance` units.

    The boundaries lie `height` units apart and `length` bars from the first touch to the last;
    the trend before carried to the rectangle by `advance` times its height.
    """

    def found(view: BarView, side: int) -> Bools:
        box = Box(view, side)
        near = tolerance * box.unit
        return (
            (np.maximum(*box.off()) <= near)
            & (box.height >= height * box.unit)
            & (box.ago(3) - box.ago(0) >= length)
            & (box.rise() >= advance * box.height)
            & box.begun(near)
            & (box.close < box.top)
            & (box.close > box.bottom)
        )

    def find(view: BarView) -> Strength:
        up, down = (
            formed(view, 1, partial(found, side=side)) | formed(view, -1, partial(found, side=side))
            for side in (1, -1)
        )
        return as_strength(up) - as_strength(down)

    def parts(view: BarView, direction: Direction) -> Parts:
        box = Box(view, direction)
        near = tolerance * box.unit
        upper, lower = box.off()
        early, late = (
            volume_round(view, box.ago(i)) + volume_round(view, box.ago(j))
            for i, j in ((3, 2), (1, 0))
        )
        return {
            "fit": 0.5 * closeness(upper, near) + 0.5 * closeness(lower, near),
            "volume": share(early, late),
            "trend": share(box.rise(), box.height),
        }

    def levels(view: BarView, direction: Direction, span: int) -> Levels:
        box = Box(view, direction)
        return box.levels(box.top, box.bottom, box.top + box.height)

    def geometry(view: BarView, direction: Direction) -> Geometry:
        box = Box(view, direction)
        upper = np.where(direction > 0, box.top, -box.bottom)
        lower = np.where(direction > 0, box.bottom, -box.top)
        start = box.ago(3)
        return Geometry(
            pivots={f"touch_{n}": box.anchor(4 - n) for n in range(1, 5)},
            lines={
                "upper": ((start, upper), here(upper)),
                "lower": ((start, lower), here(lower)),
            },
        )

    return formation(
        pattern_type="rectangle",
        title="Rectangle",
        family="continuation",
        formula=f"two swing highs and two swing lows in turn, each pair level within "
        f"{tolerance:g} units, the boundaries at least {height:g} units apart, at least {length} "
        f"bars from the first touch to the last; before it a move of at least {advance:g} times "
        "its height to its nearer boundary and never past the other, whose way "
        "it points; the close within. A unit is the mean true range of 20 bars. "
        "Trigger: the boundary that way; stop: the other; "
        "target: the height beyond the trigger. volume: more at the first two touches than at "
        "the last two.",
        source="Robert D. Edwards and John Magee, Technical Analysis of Stock Trends; "
        "John J. Murphy, Technical Analysis of the Financial Markets",
        parameters={
            "tolerance": tolerance,
            "height": height,
            "length": length,
            "advance": advance,
        },
        bounds=BOUNDS,
        make=rectangle,
        find=find,
        parts=parts,
        levels=levels,
        geometry=geometry,
        example=EXAMPLE,
    )


DEFINITIONS = (rectangle(),)
