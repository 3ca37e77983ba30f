"""Sums and extremes over the last bars, joined in one fixed order, whatever the view."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from patterns.views import BarView, Floats

Column = Callable[[BarView, int], Floats]
Join = Callable[[Floats, Floats], Floats]


def add_columns(column: Callable[[int], Floats], bars: int, ago: int = 0) -> Floats:
    """The sum of `column(ago + bars - 1) … column(ago)`, oldest first."""
    total = np.array(column(ago + bars - 1))
    for back in range(ago + bars - 2, ago - 1, -1):
        total += column(back)
    return total


def join_bars(
    view: BarView, key: Hashable, join: Join, column: Column, bars: int, ago: int = 0
) -> Floats:
    """`column(view, ago) … column(view, ago + bars - 1)`, joined in pairs, and pairs of pairs.

    The newest bars make the largest power of two. So windows of different length share their
    parts, and history needs one operation for each doubling, not for each bar. Where bars are
    stacked, all pairs of a level are one operation.
    """
    if bars == 1:
        return column(view, ago)

    def make(view: BarView, ago: int) -> Floats:
        if view.stacked:
            return _joined(join, _stack(view, column, bars, ago))
        newer = _newer(bars)
        older = join_bars(view, key, join, column, bars - newer, ago + newer)
        return join(older, join_bars(view, key, join, column, newer, ago))

    return view.derived((key, bars), make, ago)


def _newer(bars: int) -> int:
    """The largest power of two below `bars`."""
    return 1 << (bars - 1).bit_length() - 1


def _stack(view: BarView, column: Column, bars: int, ago: int) -> Floats:
    """A row a bar, the newest first."""
    if isinstance(column, FieldColumn):
        return view.stack(column.field, bars, ago)
    return np.stack([column(view, ago + back) for back in range(bars)])


def _joined(join: Join, rows: Floats) -> Floats:
    """Rows in pairs, and pairs of pairs, as `join_bars` joins them."""
    if len(rows) & (len(rows) - 1):
        newer = _newer(len(rows))
        return join(_joined(join, rows[newer:]), _joined(join, rows[:newer]))
    while len(rows) > 1:
        rows = join(rows[1::2], rows[::2])
    return rows[0]


@dataclass(frozen=True, slots=True)
class FieldColumn:
    """A field as a column."""

    field: str

    def __call__(self, view: BarView, ago: int) -> Floats:
        return view.column(self.field, ago)


def window_sum(view: BarView, field: str, bars: int, ago: int = 0) -> Floats:
    """Sum of a field over `bars` bars that end `ago` bars back; NaN where there are fewer."""
    return sum_of(view, field, FieldColumn(field), bars, ago)


def window_mean(view: BarView, field: str, bars: int, ago: int = 0) -> Floats:
    """Mean of a field over `bars` bars that end `ago` bars back; NaN where there are fewer."""
    return view.derived(
        ("mean", field, bars), lambda view, ago: window_sum(view, field, bars, ago) / bars, ago
    )


def sum_of(view: BarView, key: Hashable, column: Column, bars: int, ago: int = 0) -> Floats:
    """Sum of `column(view, ago)` over `bars` bars; `key` names the column."""
    return join_bars(view, ("sum", key), np.add, column, bars, ago)


def highest(view: BarView, field: str, bars: int, ago: int = 0) -> Floats:
    """Highest of a field over `bars` bars that end `ago` bars back; NaN where there are fewer."""
    return join_bars(view, ("highest", field), np.maximum, FieldColumn(field), bars, ago)


def lowest(view: BarView, field: str, bars: int, ago: int = 0) -> Floats:
    """Lowest of a field over `bars` bars that end `ago` bars back; NaN where there are fewer."""
    return join_bars(view, ("lowest", field), np.minimum, FieldColumn(field), bars, ago)


def weighted_sum(view: BarView, field: str, weights: tuple[float, ...], ago: int = 0) -> Floats:
    """Sum of `weights[i]` times the field `i` bars before the one `ago` bars back, oldest first."""

    def make(view: BarView, ago: int) -> Floats:
        oldest = len(weights) - 1
        total = view.column(field, ago + oldest) * weights[oldest]
        for back in range(oldest - 1, -1, -1):
            total += view.column(field, ago + back) * weights[back]
        return total

    return view.derived(("weighted", field, weights), make, ago)
