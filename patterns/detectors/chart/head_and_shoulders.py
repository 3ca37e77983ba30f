"""Head and shoulders, and its inverse: a higher swing between two lower ones of like height."""

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
    share,
)
from patterns.evidence import or_unknown, ratio
from patterns.examples import path
from patterns.geometry import Geometry, line_at, line_slope
from patterns.levels import Levels
from patterns.views import BarView, Bools, Floats

RIGHT, RIGHT_NECK, HEAD, LEFT_NECK, LEFT = range(5)
NAMES = {1: "head_and_shoulders", -1: "inverse_head_and_shoulders"}
TITLES = {1: "Head and shoulders", -1: "Inverse head and shoulders"}
TURNS = [
    (0, 103.0),
    (5, 100.0),
    (24, 115.0),
    (31, 110.0),
    (39, 121.0),
    (47, 110.4),
    (54, 115.4),
    (57, 113.0),
]
EXAMPLES = {1: path(TURNS), -1: path([(bar, 220.0 - close) for bar, close in TURNS])}
BOUNDS = {
    "height": (1.0, 20.0),
    "head": (0.1, 0.8),
    "uneven": (0.05, 1.0),
    "advance": (0.0, 5.0),
}


class Shoulders(Swings):
    """The five newest pivots, read as left shoulder, neck, head, neck, right shoulder."""

    def neck(self, ago: Floats | float) -> Floats:
        """Level of the neckline `ago` bars back."""
        left = (self.ago(LEFT_NECK), self.level(LEFT_NECK))
        return line_at(left, (self.ago(RIGHT_NECK), self.level(RIGHT_NECK)), ago)

    def slope(self) -> Floats:
        """How much the neckline rises a bar."""
        left = (self.ago(LEFT_NECK), self.level(LEFT_NECK))
        return line_slope(left, (self.ago(RIGHT_NECK), self.level(RIGHT_NECK)))

    def height(self) -> Floats:
        """From the neckline to the head."""
        return self.level(HEAD) - self.neck(self.ago(HEAD))

    def rise(self) -> Floats:
        """The advance to the left shoulder."""
        return self.level(LEFT) - self.bottom_before(LEFT)

    def widths(self) -> tuple[Floats, Floats]:
        """Bars from the left shoulder to the head, and from there to the right one."""
        return self.ago(LEFT) - self.ago(HEAD), self.ago(HEAD) - self.ago(RIGHT)

    def in_order(self, height: Floats) -> Bools:
        """Each pivot on its side of the others, and nothing higher before.

        The reactions from the head go below both shoulders' tops, and the right shoulder rises
        clearly from the neckline.
        """
        lower = np.minimum(self.level(LEFT), self.level(RIGHT))
        return (
            (np.maximum(self.level(LEFT_NECK), self.level(RIGHT_NECK)) < lower)
            & (self.level(LEFT) - self.neck(self.ago(LEFT)) >= 0.2 * height)
            & (self.level(RIGHT) - self.neck(self.ago(RIGHT)) >= 0.2 * height)
            & ~(self.level(6) > self.level(LEFT))
        )


def shoulders(
    side: int,
    height: float = 3.5,
    head: float = 0.25,
    uneven: float = 0.25,
    advance: float = 0.75,
) -> Detector:
    """side 1: a top, -1: its inverse.

    The head stands `height` units above the neckline, and above both shoulders by the share
    `head` of that. The shoulders' heights, and the neckline's ends, differ by the share `uneven`
    at most. The advance to the left shoulder is `advance` times the height.
    """

    def found(view: BarView) -> Bools:
        form = Shoulders(view, side)
        size = form.height()
        left, right = form.widths()
        higher = np.maximum(form.level(LEFT), form.level(RIGHT))
        return (
            (size >= height * form.unit)
            & (form.level(HEAD) - higher >= head * size)
            & (np.abs(form.level(LEFT) - form.level(RIGHT)) <= uneven * size)
            & (np.abs(form.level(LEFT_NECK) - form.level(RIGHT_NECK)) <= uneven * size)
            & (np.minimum(left, right) >= 0.4 * np.maximum(left, right))
            & (form.rise() >= advance * size)
            & form.in_order(size)
            & (form.close > form.neck(0.0))
            & (form.close <= form.level(RIGHT))
        )

    def find(view: BarView) -> Strength:
        return as_strength(formed(view, side, found), -100 * side)

    def parts(view: BarView, direction: Direction) -> Parts:
        form = Shoulders(view, side)
        size = form.height()
        left, right = form.widths()
        equal = closeness(form.level(LEFT) - form.level(RIGHT), uneven * size)
        level = closeness(form.level(LEFT_NECK) - form.level(RIGHT_NECK), uneven * size)
        even = or_unknown(ratio(np.minimum(left, right), np.maximum(left, right)))
        return {
            "fit": 0.4 * equal + 0.2 * level + 0.4 * even,
            "volume": lighter(view, form.ago(LEFT), form.ago(RIGHT)),
            "trend": share(form.rise(), size),
        }

    def levels(view: BarView, direction: Direction, span: int) -> Levels:
        form = Shoulders(view, side)
        neck = form.neck(0.0)
        return form.levels(neck, form.level(RIGHT), neck - form.height(), form.slope())

    def geometry(view: BarView, direction: Direction) -> Geometry:
        form = Shoulders(view, side)
        names = ("left_shoulder", "left_neck", "head", "right_neck", "right_shoulder")
        points = [form.anchor(i) for i in (LEFT, LEFT_NECK, HEAD, RIGHT_NECK, RIGHT)]
        return Geometry(
            pivots=dict(zip(names, points, strict=True)),
            lines={"neckline": (form.anchor(LEFT_NECK), here(side * form.neck(0.0)))},
        )

    high, low = ("high", "low") if side > 0 else ("low", "high")
    return formation(
        pattern_type=NAMES[side],
        title=TITLES[side],
        family="reversal",
        formula=f"three swing {high}s in a row, the middle one (head) at least {height:g} units "
        f"from the line through the two {low}s between them (neckline) and at least {head:g} of "
        f"that height beyond the others (shoulders); shoulders, and {low}s, level within "
        f"{uneven:g} of it; both halves of like length (at least 0.4); the move to the left "
        f"shoulder at least {advance:g} of the height, the {high} before it not beyond it; each "
        "shoulder at least 0.2 of the height from the neckline, which the close is not yet "
        "through. A unit is the mean true range of 20 bars. Trigger: the neckline; "
        "stop: the right shoulder; "
        "target: the height beyond the neckline. volume: more at the left shoulder than at "
        "the right.",
        source="Robert D. Edwards and John Magee, Technical Analysis of Stock Trends; "
        "John J. Murphy, Technical Analysis of the Financial Markets",
        parameters={"height": height, "head": head, "uneven": uneven, "advance": advance},
        bounds=BOUNDS,
        make=partial(shoulders, side),
        find=find,
        parts=parts,
        levels=levels,
        geometry=geometry,
        example=EXAMPLES[side],
    )


DEFINITIONS = (shoulders(1), shoulders(-1))
