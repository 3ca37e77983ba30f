"""Sums over the last bars, added in one fixed order: oldest bar first, whatever the view."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from patterns.views import BarView, Floats


def add_columns(column: Callable[[int], Floats], bars: int, ago: int = 0) -> Floats:
    """The sum of `column(ago + bars - 1) … column(ago)`, oldest first."""
    total = np.array(column(ago + bars - 1))
    for back in range(ago + bars - 2, ago - 1, -1):
        total += column(back)
    return total


def window_sum(view: BarView, field: str, bars: int, ago: int = 0) -> Floats:
    """Sum of a field over `bars` bars that end `ago` bars back; NaN where there are fewer."""
    return view.memo(
        ("sum", field, bars, ago),
        lambda: add_columns(lambda back: view.column(field, back), bars, ago),
    )


def window_mean(view: BarView, field: str, bars: int, ago: int = 0) -> Floats:
    """Mean of a field over `bars` bars that end `ago` bars back; NaN where there are fewer."""
    return view.memo(("mean", field, bars, ago), lambda: window_sum(view, field, bars, ago) / bars)
