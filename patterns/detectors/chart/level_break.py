"""Support break and resistance break: a close through a price that turned the market before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial, reduce

import numpy as np

from patterns.candles import as_strength
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.chart.formation import WARM_UP, Swings, formation, here, put_back
from patterns.evidence import or_unknown, ratio, saturating, volume_part
from patterns.examples import path
from patterns.geometry import Anchor, Geometry
from patterns.indicators.pivots import PIVOTS
from patterns.levels import Levels
from patterns.pivots import pivots, unit_before
from patterns.views import BarView, Bools, Floats

TURNS = [(0, 104.0), (22, 110.0), (29, 104.0), (36, 109.8), (43, 105.0), (48, 109.5), (49, 111.5)]
EXAMPLES = {1: path(TURNS), -1: path([(bar, 220.0 - close) for bar, close in TURNS])}
TOPS = 4
"""Swing highs that are looked at: half of all pivots."""
BOUNDS = {"tolerance": (0.05, 2.0), "depth": (0.5, 10.0), "apart": (4, 100)}


@dataclass(frozen=True, slots=True)
class Resistance:
    """A level, what turned at it, and how far the price fell back between.

    touches: how many of the last highs. first_ago: the oldest of them. off: their mean distance.
    """

    found: Bools
    level: Floats
    touches: Floats
    first_ago: Floats
    bottom: Floats
    off: Floats


class Highs(Swings):
    """The last highs (lows, for `side` -1), whatever the newest pivot is."""

    def __init__(self, view: BarView, side: int) -> None:
        super().__init__(view, side)
        self.unit = unit_before(view)
        newest_is_low = self.pivots.newest_is_low if side > 0 else self.pivots.newest_is_high
        self.shifted: Bools = newest_is_low
        self.last_close: Floats = side * view.close[1]
        self.tops = [self._top(i) for i in range(TOPS)]

    def _top(self, i: int) -> Anchor:
        """(bars ago, level) of high `i`, 0 the newest."""
        return (
            np.where(self.shifted, self.ago(2 * i + 1), self.ago(2 * i)),
            np.where(self.shifted, self.level(2 * i + 1), self.level(2 * i)),
        )

    def valley_after(self, i: int) -> Floats:
        """Level of the low between high `i` and the next newer one."""
        return np.where(self.shifted, self.level(2 * i), self.level(2 * i - 1))


def level_of(highs: Highs, count: int, near: Floats, apart: int) -> Resistance:
    """The highest of the last `count` highs as a resistance that the oldest of them touched."""
    tops = highs.tops[:count]
    level, bottom = tops[0][1], highs.valley_after(1)
    for i in range(1, count):
        level = np.maximum(level, tops[i][1])
        bottom = np.minimum(bottom, highs.valley_after(i))
    touches, off = np.zeros_like(level), np.zeros_like(level)
    newest = np.full_like(level, np.nan)
    for ago, top in tops:
        at = level - top <= near
        touches = touches + at
        off = off + np.where(at, level - top, 0.0)
        newest = np.fmin(newest, np.where(at, ago, np.nan))
    first_ago, first = tops[-1]
    found = (level - first <= near) & (first_ago - newest >= apart)
    return Resistance(found, level, touches, first_ago, bottom, off / np.maximum(touches, 1.0))


def older_of(newer: Resistance, older: Resistance) -> Resistance:
    """`older` where it is found, else `newer`."""

    def either(name: str) -> Floats:
        return np.where(older.found, getattr(older, name), getattr(newer, name))

    names = ("level", "touches", "first_ago", "bottom", "off")
    return Resistance(newer.found | older.found, *(either(name) for name in names))


def level_break(side: int, tolerance: float = 0.4, depth: float = 3.0, apart: int = 10) -> Detector:
    """side 1: a resistance is broken upwards, -1: a support downwards.

    At least two of the last highs lie within `tolerance` units of the highest; between them the
    price fell back by `depth` units; the first and the last lie `apart` bars apart or more.
    """

    def broken(highs: Highs, count: int) -> Resistance:
        made = level_of(highs, count, tolerance * highs.unit, apart)
        return replace(
            made,
            found=made.found
            & (
                (highs.close > made.level)
                & (highs.last_close <= made.level)
                & (made.level - made.bottom >= depth * highs.unit)
            ),
        )

    def read(view: BarView) -> tuple[Highs, Resistance]:
        """The oldest resistance that this bar breaks."""
        highs = Highs(view, side)
        made = broken(highs, 2)
        for count in range(3, TOPS + 1):
            older = broken(highs, count)
            made = older_of(made, older)
        return highs, made

    def crossing(view: BarView) -> Bools:
        """Whether the close is beyond the last high, and the one before was not beyond all."""
        price = pivots(view).price
        outer, beyond = (np.fmax, np.greater) if side > 0 else (np.fmin, np.less)
        outermost = reduce(outer, (price(i) for i in range(PIVOTS)))
        last = beyond(view.close[0], price(0)) & beyond(view.close[0], price(1))
        return last & ~beyond(view.close[1], outermost)

    def find(view: BarView) -> Strength:
        some = crossing(view)
        return as_strength(put_back(some, read(view.points(some))[1].found), 100 * side)

    def parts(view: BarView, direction: Direction) -> Parts:
        highs, made = read(view)
        near = or_unknown(1.0 - ratio(made.off, tolerance * highs.unit))
        beyond = saturating(2.0 * ratio(highs.close - made.level, highs.unit))
        return {
            "fit": 0.4 * near + 0.6 * (made.touches - 1.0) / (TOPS - 1),
            "volume": volume_part(view),
            "penetration": or_unknown(beyond),
        }

    def levels(view: BarView, direction: Direction, span: int) -> Levels:
        highs, made = read(view)
        height = made.level - made.bottom
        return highs.levels(made.level, made.level - highs.unit, made.level + height)

    def geometry(view: BarView, direction: Direction) -> Geometry:
        highs, made = read(view)
        near = tolerance * highs.unit
        touches = {}
        for i in reversed(range(TOPS)):
            ago, top = highs.tops[i]
            at = (np.abs(made.level - top) <= near) & (ago <= made.first_ago)
            touches[f"touch_{TOPS - i}"] = (np.where(at, ago, np.nan), side * top)
        price = side * made.level
        return Geometry(touches, {name: ((made.first_ago, price), here(price))})

    name, high, low = ("resistance", "high", "low") if side > 0 else ("support", "low", "high")
    beyond = "above" if side > 0 else "below"
    return formation(
        pattern_type=f"{name}_break",
        title=f"{name.capitalize()} break",
        family="breakout",
        formula=f"among the last 2 to {TOPS} swing {high}s at least two, the oldest one of them, "
        f"within {tolerance:g} units of the outermost ({name}); the {low} between at least "
        f"{depth:g} units away; the first and last of them at least {apart} bars "
        f"apart; the close is {beyond} the outermost {high}, the close before was not. A unit is "
        "the mean true range of the 20 bars before. "
        f"Trigger: the {name}, confirmed by a second close beyond it; stop: one unit back; "
        f"target: the distance to that {low}, beyond the trigger. fit: how near and how many the "
        "touches are; volume: the breaking bar's; penetration: how far beyond it closes.",
        source="Robert D. Edwards and John Magee, Technical Analysis of Stock Trends; "
        "John J. Murphy, Technical Analysis of the Financial Markets",
        parameters={"tolerance": tolerance, "depth": depth, "apart": apart},
        bounds=BOUNDS,
        make=partial(level_break, side),
        find=find,
        parts=parts,
        warm_up=WARM_UP + 1,
        weights={"fit": 0.4, "volume": 0.35, "penetration": 0.25},
        levels=levels,
        geometry=geometry,
        example=EXAMPLES[side],
        min_confidence=0.5,
        cool_down=10,
        expires=20,
    )


DEFINITIONS = (level_break(-1), level_break(1))
