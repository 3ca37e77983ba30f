"""Two boundaries through the last five pivots: what triangles and wedges are told apart by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from patterns.definitions import Direction, Parts, Strength
from patterns.detectors.chart.lines import (
    TREND_BARS,
    VOLUME_BARS,
    Line,
    between,
    chosen,
    closes,
    drying_up,
    leaning,
    move_into,
    shared,
)
from patterns.evidence import or_unknown, ratio
from patterns.geometry import Anchor, Geometry
from patterns.indicators.pivots import REACH
from patterns.levels import Levels, levels
from patterns.pivots import MAX_AGE, PIVOT_INPUTS, PIVOT_WARM_UP, UNIT_BARS, pivots, unit
from patterns.views import BarView, Bools, Floats

FEWEST_BARS, MOST_BARS = 15, 90
LOWEST = 3.0
"""A shape less than this many mean ranges high is noise."""
NARROWED = (0.1, 0.75)
"""What is left of the height: the lines come together, and have not met yet."""

LOOKBACK = MOST_BARS + max(TREND_BARS, VOLUME_BARS) + UNIT_BARS
WARM_UP = PIVOT_WARM_UP + FEWEST_BARS
INPUTS = PIVOT_INPUTS
WEIGHTS = {"fit": 0.5, "volume": 0.25, "trend": 0.25}
GAPS = "counts bars, not minutes: a gap within the shape is one step of its lines"


@dataclass(frozen=True, slots=True)
class Shape:
    """The boundaries, and how they run.

    touch: how far the pivot in the middle of the one line lies off it, in mean ranges.
    start: bars since the oldest pivot. height, width: between the lines there and now.
    rise_upper, rise_lower: how far each line moves since then, in heights. inside: whether the
    last closes lie between the lines. large: whether the height is more than noise. move: that
    into the shape, as `move_into` has it.
    """

    upper: Line
    lower: Line
    middle: Anchor
    touch: Floats
    start: Floats
    height: Floats
    width: Floats
    rise_upper: Floats
    rise_lower: Floats
    inside: Bools
    large: Bools
    move: Floats


def _lines(view: BarView) -> tuple[Line, Line]:
    """Upper and lower: one through pivots 4 and 0, the other through 3 and 1."""
    swing = pivots(view)
    newest, other = [[swing.anchor(i) for i in pair] for pair in ((4, 0), (3, 1))]
    top = swing.newest_is_high
    upper = Line(*(chosen(top, one, two) for one, two in zip(newest, other, strict=True)))
    lower = Line(*(chosen(top, two, one) for one, two in zip(newest, other, strict=True)))
    return upper, lower


def _shape(view: BarView) -> Shape:
    swing = pivots(view)
    upper, lower = _lines(view)
    three = Line(swing.anchor(4), swing.anchor(0))
    start = swing.ago(4)
    height = upper.at(start) - lower.at(start)
    return Shape(
        upper=upper,
        lower=lower,
        middle=swing.anchor(2),
        touch=ratio(np.abs(swing.price(2) - three.at(swing.ago(2))), unit(view)),
        start=start,
        height=height,
        width=upper.at(0.0) - lower.at(0.0),
        rise_upper=ratio(upper.slope * start, height),
        rise_lower=ratio(lower.slope * start, height),
        inside=_inside(view, upper, lower),
        large=height >= LOWEST * unit(view),
        move=move_into(view, start),
    )


def _inside(view: BarView, upper: Line, lower: Line) -> Bools:
    """Whether the closes since the newest pivot lie between the lines."""
    ago, close = closes(view, REACH)
    inside: Bools = np.logical_and.reduce(between(close, lower.at(ago), upper.at(ago)), axis=0)
    return inside


def shape(view: BarView) -> Shape:
    """The shape of the last five pivots."""
    return shared(view, "converging shape", lambda: _shape(view))


def found(view: BarView, judge: Callable[[Shape], Floats | Bools]) -> Strength:
    """What `judge` says of the shapes whose last pivot became known on this bar, as a strength.

    Those at all these bars are made once, for every triangle and wedge.
    """
    new = pivots(view).just_confirmed
    out = np.zeros(new.shape, np.int16)
    if new.any():
        it = shared(view, "new converging shapes", lambda: _shape(view.points(new)))
        out.T[new.T] = (100 * judge(it)).astype(np.int16)
    return out


def sound(it: Shape, off_line: float) -> Bools:
    """Three pivots on one line and two on the other, coming together, closes between them.

    off_line: how many mean ranges the middle one of three may lie off its line.
    """
    return (
        between(it.start, FEWEST_BARS, MOST_BARS)
        & it.large
        & (it.touch <= off_line)
        & between(ratio(it.width, it.height), *NARROWED)
        & it.inside
    )


def touching(view: BarView, off_line: float) -> Floats:
    """1 where all three pivots are on their line, 0 where the middle one is barely near it."""
    return 1.0 - shape(view).touch / off_line


def parts_of(view: BarView, fit: Floats, wanted: Floats) -> Parts:
    """wanted: the direction of the trend into the pattern that its textbook asks for."""
    it = shape(view)
    return {
        "fit": or_unknown(np.clip(fit, 0.0, 1.0)),
        "volume": drying_up(view, it.start, 0.0 * it.start),
        "trend": leaning(wanted * it.move),
    }


def geometry(view: BarView, direction: Direction) -> Geometry:
    """Five pivots, oldest first, and both lines up to the current bar."""
    swing, it = pivots(view), shape(view)
    names = ("first", "second", "third", "fourth", "fifth")
    return Geometry(
        pivots={name: swing.anchor(4 - number) for number, name in enumerate(names)},
        lines={"upper": it.upper.drawn, "lower": it.lower.drawn},
    )


def boundary(view: BarView, direction: Direction) -> Line:
    """The one in this direction, whose break confirms: the upper one of a bullish shape."""
    it = shape(view)
    up = direction > 0
    return Line(
        chosen(up, it.upper.first, it.lower.first), chosen(up, it.upper.last, it.lower.last)
    )


def height_levels(view: BarView, direction: Direction, span: int) -> Levels:
    """Out of the boundary by the shape's height at its start; over at the other's last pivot."""
    line, other = boundary(view, direction), boundary(view, -direction)
    trigger = line.at(0.0)
    target = trigger + direction * shape(view).height
    return levels(trigger, other.last[1], target, line.slope)


SPAN = FEWEST_BARS
assert MOST_BARS <= MAX_AGE
