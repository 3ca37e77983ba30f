"""A round bottom between two rims: what the cup and the rounding bottom have in common.

It may be longer than the last pivots reach, so its left rim is looked for along the bars: the
nearest bar before the right rim that was as high.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from patterns.detectors.chart.lines import add_rows, bars_from, read_at, shared
from patterns.evidence import ratio
from patterns.geometry import Anchor
from patterns.pivots import pivots, unit
from patterns.views import BarView, Bools, Floats

LONGEST = 100
RIM_BARS = 5
"""The left rim is the highest of the bar that is as high as the right one, and those before."""
PLACES = np.arange(1, 16) / 16.0
ARC = 4.0 * PLACES * (1.0 - PLACES)
"""A parabola from rim to rim, 1 deep, at those places."""
ARC_SQUARES = float(np.sum(ARC * ARC))
FEWEST = 20
NEAR = np.array([3.0, 7.0, 11.0, 15.0, 19.0])
LEVEL_UNITS = 0.5
"""As high means: less than this many mean ranges lower."""


@dataclass(frozen=True, slots=True)
class Bowl:
    """Two rims and the lowest bar between.

    bars: from rim to rim. depth: from the lower rim to the bottom. centre: where the bottom is,
    from 0 at the right rim to 1 at the left one. The parabola from rim to rim that fits fifteen
    closes best: full: how deep it is, in depths (a parabola has 1, a V 0.78, a box 1.25); uneven:
    their mean distance from it, in its own depth.
    """

    left: Anchor
    right: Anchor
    bottom: Anchor
    bars: Floats
    depth: Floats
    centre: Floats
    full: Floats
    uneven: Floats


def roomy(view: BarView, number: int) -> Bools:
    """Whether none of five bars close before the right rim is as high: most rims fail here."""
    right = pivots(view).anchor(number)
    highs = read_at(view, "high", right[0] + NEAR[:, None])
    return ~(highs >= right[1] - LEVEL_UNITS * unit(view)).any(axis=0)


def _walk(view: BarView, right: Anchor) -> tuple[Floats, Anchor]:
    """Back from the right rim: bars ago of the first bar as high, and the lowest bar on the way."""
    ago = bars_from(right[0] + 1.0, LONGEST)
    reached = read_at(view, "high", ago) >= right[1] - LEVEL_UNITS * unit(view)
    steps = reached.argmax(axis=0)
    met = np.where(reached.any(axis=0), right[0] + 1.0 + steps, np.nan)
    lows = np.where(ago < met, read_at(view, "low", ago), np.inf)
    return met, (right[0] + 1.0 + lows.argmin(axis=0), lows.min(axis=0))


def _left_rim(view: BarView, met: Floats) -> Anchor:
    highs = read_at(view, "high", bars_from(met, RIM_BARS + 1))
    highs = np.where(np.isfinite(highs), highs, -np.inf)
    return met + highs.argmax(axis=0), highs.max(axis=0)


def _dips(view: BarView, left: Anchor, right: Anchor, rim: Floats) -> Floats:
    """How far closes lie below the rim, at even distances from right to left."""
    ago = np.floor(right[0] + PLACES[:, None] * (left[0] - right[0]) + 0.5)
    return rim - read_at(view, "close", ago)


def _roundness(dips: Floats) -> tuple[Floats, Floats]:
    """Depth of the parabola that fits them best, and their mean distance from it in depths."""
    arc = ARC[:, None]
    fitted = add_rows(dips * arc) / ARC_SQUARES
    off = add_rows(np.abs(dips - fitted * arc)) / len(ARC)
    return fitted, ratio(off, fitted)


def _bowl(view: BarView, number: int) -> Bowl:
    right = pivots(view).anchor(number)
    met, bottom = _walk(view, right)
    left = _left_rim(view, met)
    rim = np.minimum(left[1], right[1])
    fitted, uneven = _roundness(_dips(view, left, right, rim))
    depth, bars = rim - bottom[1], left[0] - right[0]
    return Bowl(
        left=left,
        right=right,
        bottom=bottom,
        bars=bars,
        depth=depth,
        centre=ratio(bottom[0] - right[0], bars),
        full=ratio(fitted, depth),
        uneven=uneven,
    )


def bowl(view: BarView, number: int) -> Bowl:
    """The bowl whose right rim is pivot `number`; NaN where there is none."""
    return shared(view, ("bowl", number), lambda: _bowl(view, number))
