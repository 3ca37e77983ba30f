"""Rising and falling wedge: both lines run the same way, and the one behind is faster."""

from __future__ import annotations

from functools import partial

import numpy as np

from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.chart import converging
from patterns.examples import Chart, path
from patterns.levels import Levels, levels
from patterns.views import BarView, Bools, Floats


def _rises(it: converging.Shape, sign: int) -> tuple[Floats, Floats]:
    """How far the leading and the following line move, in heights, up for a rising wedge."""
    if sign > 0:
        return it.rise_upper, it.rise_lower
    return -it.rise_lower, -it.rise_upper


def _levels(view: BarView, direction: Direction, span: int) -> Levels:
    """Back to the farthest pivot of the line that breaks; over where the other line is now."""
    line, other = (converging.boundary(view, side) for side in (direction, -direction))
    return levels(line.at(0.0), other.at(0.0), line.first[1], line.slope)


def wedge(sign: int, off_line: float = 0.6, steep: float = 0.25) -> Detector:
    """sign: 1 rising, bearish; -1 falling, bullish.

    off_line: how many mean ranges the middle one of three pivots may lie off their line.
    steep: by how much of the height the slower line must move at least.
    """
    names = (
        ("rising", "lower", "upper", "lowest")
        if sign > 0
        else ("falling", "upper", "lower", "highest")
    )
    name, behind, ahead, farthest = names

    def judge(it: converging.Shape) -> Bools:
        leading, _ = _rises(it, sign)
        return (leading >= steep) & converging.sound(it, off_line)

    def find(view: BarView) -> Strength:
        return (-sign * converging.found(view, judge)).astype(np.int16)

    def parts(view: BarView, direction: Direction) -> Parts:
        it = converging.shape(view)
        low, high = converging.NARROWED
        narrowed = (high - it.width / it.height) / (high - low)
        fit = 0.5 * converging.touching(view, off_line) + 0.5 * narrowed
        return converging.parts_of(view, fit, -direction.astype(np.float64))

    return Detector(
        pattern_type=f"{name}_wedge",
        title=f"{name.capitalize()} wedge",
        family="reversal",
        formula=f"the last five pivots lie on two {name} lines that come together: the {ahead} "
        f"one moves by at least {steep:g} of the height, the {behind} one faster; three on one "
        f"line, the middle one within {off_line:g} mean ranges of it; at least "
        f"{converging.LOWEST:g} mean ranges high, {converging.FEWEST_BARS}–{converging.MOST_BARS} "
        "bars long; formed when the last pivot is known and closes are still between the lines; "
        f"trigger the {behind} line, stop where the {ahead} one is then, target the {farthest} "
        f"pivot of the {behind} line",
        source="Robert D. Edwards and John Magee, Technical Analysis of Stock Trends, 1948; "
        "five touches and the target as in Thomas N. Bulkowski, Encyclopedia of Chart Patterns",
        parameters={"off_line": off_line, "steep": steep},
        bounds={"off_line": (0.1, 2.0), "steep": (0.15, 2.0)},
        make=partial(wedge, sign),
        inputs=converging.INPUTS,
        warm_up=converging.WARM_UP,
        lookback=converging.LOOKBACK,
        span=converging.SPAN,
        gaps=converging.GAPS,
        find=find,
        parts=parts,
        weights=converging.WEIGHTS,
        geometry=converging.geometry,
        levels=_levels,
        example=_example(sign),
        min_confidence=0.5,
        cool_down=15,
        expires=40,
    )


def _example(sign: int) -> Chart:
    turns = ((0, -10), (20, 0), (26, -5), (33, 2), (39, -1.3), (45, 4), (48, 2.8))
    return path([(bar, 60.0 + sign * price) for bar, price in turns], wick=0.4)


DEFINITIONS = (wedge(1), wedge(-1))
