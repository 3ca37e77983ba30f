"""What the shapes drawn through pivots share: two boundaries, what is read at a pivot, judging."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np

from patterns.definitions import Strength
from patterns.evidence import or_unknown, ratio, saturating
from patterns.geometry import Anchor, line_at, line_slope
from patterns.pivots import pivots, unit
from patterns.views import BarView, Bools, Floats

Made = TypeVar("Made")

VOLUME_BARS = 5
TREND_BARS = 20
TREND_UNITS = 5.0
"""A move of this many mean ranges into a pattern is a trend of 0.75."""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line through an older and a newer point."""

    first: Anchor
    last: Anchor

    def at(self, ago: Floats | float) -> Floats:
        """Its price some bars back."""
        return line_at(self.first, self.last, ago)

    @property
    def slope(self) -> Floats:
        """How much it rises a bar."""
        return line_slope(self.first, self.last)

    @property
    def drawn(self) -> tuple[Anchor, Anchor]:
        """From its first point to the current bar."""
        return self.first, (np.zeros_like(self.first[0]), self.at(0.0))


def chosen(mask: Bools, one: Anchor, other: Anchor) -> Anchor:
    """The one point where `mask` holds, else the other."""
    return np.where(mask, one[0], other[0]), np.where(mask, one[1], other[1])


def shared(view: BarView, key: Hashable, make: Callable[[], Made]) -> Made:
    """Made once for this view; unlike a column it may be a group of them."""
    return cast(Made, view.memo(key, cast(Any, make)))


def at_these(view: BarView, mask: Bools, judge: Callable[[BarView], Floats | Bools]) -> Floats:
    """What `judge` says of the moments where `mask` holds; 0 at all others.

    Shapes are looked for only where a pivot has become known, and their bars are gone through
    only where the pivots are right: few bars are left.
    """
    out = np.zeros(mask.shape)
    if mask.any():
        out.T[mask.T] = judge(view.points(mask))
    return out


def judged(view: BarView, mask: Bools, judge: Callable[[BarView], Floats | Bools]) -> Strength:
    """A strength of ±100 from a judgement of ±1, where `mask` holds."""
    return (100 * at_these(view, mask, judge)).astype(np.int16)


def new_pivot(view: BarView, high: bool | None = None) -> Bools:
    """Whether a pivot became known on this bar: any, or only a high, or only a low."""
    swing = pivots(view)
    if high is None:
        return swing.just_confirmed
    return swing.just_confirmed & (swing.newest_is_high if high else swing.newest_is_low)


def read_at(view: BarView, field: str, ago: Floats) -> Floats:
    """A field at a number of bars ago that differs from hit to hit; NaN where that is unknown.

    `ago` may have several rows, each with one element a hit.
    """
    known = ago >= 0
    values = view.gather(field, np.where(known, ago, 0).astype(np.int64))
    return np.where(known, values, np.nan)


def bars_from(ago: Floats, bars: int) -> Floats:
    """`ago`, `ago + 1`, …: as many rows as there are bars."""
    return ago + np.arange(float(bars))[:, None]


def add_rows(rows: Floats) -> Floats:
    """Their sum, in one fixed order."""
    total = np.array(rows[0])
    for row in rows[1:]:
        total += row
    return total


def mean_volume(view: BarView, ago: Floats, bars: int = VOLUME_BARS) -> Floats:
    """Mean volume of some bars, the last of them `ago` bars back."""
    return add_rows(read_at(view, "volume", bars_from(ago, bars))) / bars


def drying_up(view: BarView, busy: Floats, quiet: Floats) -> Floats:
    """Whether volume is lower at one place than at another: 0.5 if not, 0.8 if a quarter of it.

    Compares the 5 bars that end `quiet` bars ago with the 5 that end `busy` bars ago.
    """
    return or_unknown(saturating(ratio(mean_volume(view, busy), mean_volume(view, quiet))))


def leaning(move: Floats) -> Floats:
    """-∞ … ∞ onto 0 … 1, 0.5 at 0; 0.75 at 1."""
    return or_unknown(0.5 + 0.5 * move / (1.0 + np.abs(move)))


def move_into(view: BarView, start: Floats) -> Floats:
    """The close's move over the 20 bars before a pattern, in `TREND_UNITS` mean ranges."""
    before = read_at(view, "close", start + TREND_BARS)
    return ratio(read_at(view, "close", start) - before, TREND_UNITS * unit(view))


def between(value: Floats, low: Floats | float, high: Floats | float) -> Bools:
    """low <= value <= high."""
    result: Bools = (value >= low) & (value <= high)
    return result


def closes(view: BarView, bars: int) -> tuple[Floats, Floats]:
    """The last bars, newest first: rows of how many bars ago, and of closes."""
    ago = bars_from(np.zeros(view.count.shape), bars)
    return ago, read_at(view, "close", ago)
