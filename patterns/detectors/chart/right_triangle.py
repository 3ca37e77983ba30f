"""Ascending and descending triangle: a level boundary, and another that comes towards it."""

from __future__ import annotations

from functools import partial

import numpy as np

from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.chart import converging
from patterns.examples import Chart, path
from patterns.views import BarView, Bools, Floats

STEEP = 0.3
"""The sloping line moves by at least this much of the height."""


def _rises(it: converging.Shape, sign: int) -> tuple[Floats, Floats]:
    """How far the level line and the sloping one move, in heights, up for an ascending one."""
    if sign > 0:
        return it.rise_upper, it.rise_lower
    return -it.rise_lower, -it.rise_upper


def right_triangle(sign: int, off_line: float = 0.6, level: float = 0.12) -> Detector:
    """sign: 1 ascending, bullish; -1 descending, bearish.

    off_line: how many mean ranges the middle one of three pivots may lie off their line.
    level: by how much of the height the level line may move over the pattern.
    """
    names = ("ascending", "upper", "lower", "rises", "Ascending")
    name, flat, slope, moves, title = (
        names if sign > 0 else ("descending", "lower", "upper", "falls", "Descending")
    )

    def judge(it: converging.Shape) -> Bools:
        flat_rise, steep_rise = _rises(it, sign)
        is_right = (np.abs(flat_rise) <= level) & (steep_rise >= STEEP)
        return is_right & converging.sound(it, off_line)

    def find(view: BarView) -> Strength:
        return (sign * converging.found(view, judge)).astype(np.int16)

    def parts(view: BarView, direction: Direction) -> Parts:
        flat_rise, _ = _rises(converging.shape(view), sign)
        levelness = 1.0 - np.abs(flat_rise) / level
        fit = 0.5 * converging.touching(view, off_line) + 0.5 * levelness
        return converging.parts_of(view, fit, direction.astype(np.float64))

    return Detector(
        pattern_type=f"{name}_triangle",
        title=f"{title} triangle",
        family="continuation",
        formula=f"the last five pivots lie on two lines that come together: the {flat} one moves "
        f"by at most {level:g} of the height, the {slope} one {moves} by at least {STEEP:g} of "
        f"it; three on one line, the middle one within {off_line:g} mean ranges of it; at least "
        f"{converging.LOWEST:g} mean ranges high, {converging.FEWEST_BARS}–{converging.MOST_BARS} "
        "bars long; formed when the last pivot is known and closes are still between the lines; "
        f"trigger the {flat} line, stop the newest pivot on the {slope} one, target the height at "
        "the start beyond the trigger",
        source="Robert D. Edwards and John Magee, Technical Analysis of Stock Trends, 1948; "
        "measure rule as in Thomas N. Bulkowski, Encyclopedia of Chart Patterns",
        parameters={"off_line": off_line, "level": level},
        bounds={"off_line": (0.1, 2.0), "level": (0.01, 0.25)},
        make=partial(right_triangle, sign),
        inputs=converging.INPUTS,
        warm_up=converging.WARM_UP,
        lookback=converging.LOOKBACK,
        span=converging.SPAN,
        gaps=converging.GAPS,
        find=find,
        parts=parts,
        weights=converging.WEIGHTS,
        geometry=converging.geometry,
        levels=converging.height_levels,
        example=_example(sign),
        min_confidence=0.5,
        cool_down=15,
        expires=40,
    )


def _example(sign: int) -> Chart:
    turns = ((0, -9), (20, 0), (26, -5), (33, 0), (38, -3), (44, 0.1), (47, -1.5))
    return path([(bar, 60.0 + sign * price) for bar, price in turns], wick=0.4)


DEFINITIONS = (right_triangle(1), right_triangle(-1))
