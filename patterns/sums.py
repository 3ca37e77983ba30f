"""Sums and extremes over the last bars, joined in one fixed order, whatever the view."""

from __future__ import annotations

from collections.abc import Callable, Hashable

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
    parts, and history needs one operation for each doubling, not for each bar.
    """
    if bars == 1:
        return column(view, ago)
    newer = 1 << (bars - 1).bit_length() - 1

    def make(view: BarView, ago: int) -> Floats:
        older = join_bars(view, key, join, column, bars - newer, ago + newer)
        return join(older, join_bars(view, key, join, column, newer, ago))

    return view.derived((key, bars), make, ago)


def window_sum(view: BarView, field: str, bars: int, ago: int = 0) -> Floats:
    """Sum of a field over `bars` bars that end `ago` bars back; NaN where there are fewer."""
    return sum_of(view, field, lambda view, ago: view.column(field, ago), bars, ago)


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
    return join_bars(
        view, ("highest", field), np.maximum, lambda view, ago: view.column(field, ago), bars, ago
    )


def lowest(view: BarView, field: str, bars: int, ago: int = 0) -> Floats:
    """Lowest of a field over `bars` bars that end `ago` bars back; NaN where there are fewer."""
    return join_bars(
        view, ("lowest", field), np.minimum, lambda view, ago: view.column(field, ago), bars, ago
    )


def weighted_sum(view: BarView, field: str, weights: tuple[float, ...], ago: int = 0) -> Floats:
    """Sum of `weights[i]` times the field `i` bars before the one `ago` bars back, oldest first."""

    def make(view: BarView, ago: int) -> Floats:
        oldest = len(weights) - 1
        total = view.column(field, ago + oldest) * weights[oldest]
        for back in range(oldest - 1, -1, -1):
            total += view.column(field, ago + back) * weights[back]
        return total

    return view.derived(("weighted", field, weights), make, ago)
