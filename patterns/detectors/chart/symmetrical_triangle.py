"""Symmetrical triangle: lower highs and higher lows; it points where the price came from."""

from __future__ import annotations

import numpy as np

from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.chart import converging
from patterns.examples import path
from patterns.views import BarView, Floats


def symmetrical_triangle(off_line: float = 0.6, steep: float = 0.25) -> Detector:
    """off_line: how many mean ranges the middle one of three pivots may lie off their line.

    steep: by how much of the height each line must move towards the other.
    """

    def judge(it: converging.Shape) -> Floats:
        closing = (it.rise_upper <= -steep) & (it.rise_lower >= steep)
        good = closing & converging.sound(it, off_line)
        return np.where(good, np.sign(np.nan_to_num(it.move)), 0.0)

    def find(view: BarView) -> Strength:
        return converging.found(view, judge)

    def parts(view: BarView, direction: Direction) -> Parts:
        it = converging.shape(view)
        unequal = np.abs(it.rise_upper + it.rise_lower)
        fit = 0.5 * converging.touching(view, off_line) + 0.5 * (1.0 - unequal)
        return converging.parts_of(view, fit, direction.astype(np.float64))

    return Detector(
        pattern_type="symmetrical_triangle",
        title="Symmetrical triangle",
        family="continuation",
        formula="the last five pivots lie on a falling upper and a rising lower line, each of "
        f"which moves by at least {steep:g} of the height; three on one line, the middle one "
        f"within {off_line:g} mean ranges of it; at least {converging.LOWEST:g} mean ranges high, "
        f"{converging.FEWEST_BARS}–{converging.MOST_BARS} bars long; formed when the last pivot "
        "is known and closes are still between the lines; points the way of the 20 bars before "
        "it; trigger the line on that side, stop the newest pivot on the other, target the height "
        "at the start beyond the trigger",
        source="Robert D. Edwards and John Magee, Technical Analysis of Stock Trends, 1948; "
        "measure rule as in Thomas N. Bulkowski, Encyclopedia of Chart Patterns",
        parameters={"off_line": off_line, "steep": steep},
        bounds={"off_line": (0.1, 2.0), "steep": (0.1, 0.45)},
        make=symmetrical_triangle,
        inputs=converging.INPUTS,
        warm_up=converging.WARM_UP + 20,
        lookback=converging.LOOKBACK,
        span=converging.SPAN,
        gaps=converging.GAPS,
        find=find,
        parts=parts,
        weights=converging.WEIGHTS,
        geometry=converging.geometry,
        levels=converging.height_levels,
        example=path(
            [(0, 50), (20, 60), (26, 53), (32, 58.4), (38, 55), (43, 57.2), (46, 56.3)], wick=0.4
        ),
        min_confidence=0.5,
        cool_down=15,
        expires=40,
    )


DEFINITIONS = (symmetrical_triangle(),)
