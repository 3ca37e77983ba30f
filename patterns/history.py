"""Views of history: every bar at once, one column of it, or chosen points."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterns.matrix import BarMatrix
from patterns.views import (
    FIELD_TYPES,
    NO_BAR,
    BarView,
    Bools,
    Chosen,
    Floats,
    Ints,
    refuse_later,
)

PAD = 256
"""Columns of nothing that stand before the first bar, so that an earlier column is no copy."""


def padded(values: NDArray[Any], nothing: Any) -> NDArray[Any]:
    """The same columns behind `PAD` of nothing."""
    out = np.empty((values.shape[0], PAD + values.shape[1]), values.dtype, order="F")
    out[:, :PAD] = nothing
    out[:, PAD:] = values
    return out


def earlier(values: NDArray[Any], ago: int, nothing: Any) -> NDArray[Any]:
    """Of padded columns, those that lie `ago` before each bar."""
    bars = values.shape[1] - PAD
    if ago > PAD:
        return earlier(padded(values[:, :bars], nothing), ago - PAD, nothing)
    return values[:, PAD - ago : PAD - ago + bars]


def _kept(
    pads: dict[Hashable, NDArray[Any]], key: Hashable, values: NDArray[Any], nothing: Any
) -> NDArray[Any]:
    found = pads.get(key)
    if found is None:
        found = pads[key] = padded(values, nothing)
    return found


def _read_all(
    matrix: BarMatrix, pads: dict[Hashable, NDArray[Any]], field: str, ago: int
) -> NDArray[Any]:
    values: NDArray[Any] = getattr(matrix, field)
    if ago == 0:
        return values
    nothing = NO_BAR[field]
    return earlier(_kept(pads, ("field", field), values, nothing), ago, nothing)


def _read_moment(matrix: BarMatrix, bar: int, field: str, ago: int) -> NDArray[Any]:
    values: NDArray[Any] = getattr(matrix, field)
    if ago > bar:
        return np.full(len(values), NO_BAR[field], FIELD_TYPES[field])
    return values[:, bar - ago]


def at_points(values: NDArray[Any], rows: Ints, bars: Ints, nothing: Any) -> NDArray[Any]:
    """Elements of a matrix of symbols × bars; `nothing` before its first column."""
    if values.flags.f_contiguous:
        found = values.T.reshape(-1).take(bars * values.shape[0] + rows, mode="clip")
    else:
        found = values[rows, np.maximum(bars, 0)]
    before = bars < 0
    if before.any():
        found[before] = nothing
    return found


class HistoryView(BarView):
    """All bars of a matrix at once: columns have shape (symbols, bars)."""

    def __init__(self, matrix: BarMatrix) -> None:
        pads: dict[Hashable, NDArray[Any]] = {}
        super().__init__(partial(_read_all, matrix, pads))
        self.matrix = matrix
        self._pads = pads
        first = matrix.bars - matrix.count
        self.count = np.asfortranarray(
            np.maximum(np.arange(1, matrix.bars + 1)[None, :] - first[:, None], 0)
        )

    def derived(
        self, key: Hashable, make: Callable[[BarView, int], Floats], ago: int = 0
    ) -> Floats:
        """Made for the current bar once, and moved back for the others."""
        now = self.memo((key, 0), lambda: make(self, 0))
        return now if ago == 0 else earlier(_kept(self._pads, key, now, np.nan), ago, np.nan)

    def moment(self, bar: int) -> MomentView:
        """The symbols as seen from column `bar`."""
        return MomentView(self, bar)

    def points(self, mask: Bools) -> PointView:
        """The chosen (symbol, bar) points, ordered by bar, then symbol."""
        bars, rows = np.nonzero(mask.T)
        return PointView(self, rows, bars)


class MomentView(BarView):
    """One column of history: shape (symbols,), as the live minute has it."""

    def __init__(self, history: HistoryView, bar: int) -> None:
        super().__init__(partial(_read_moment, history.matrix, bar))
        self._history = history
        self._bar = bar
        self.count = history.count[:, bar]

    def derived(
        self, key: Hashable, make: Callable[[BarView, int], Floats], ago: int = 0
    ) -> Floats:
        """The column of all bars that history makes, at this one."""
        if ago > self._bar:
            return np.full(len(self.count), np.nan)
        return self._history.derived(key, make)[:, self._bar - ago]


def _read_points(matrix: BarMatrix, rows: Ints, bars: Ints, field: str, ago: int) -> NDArray[Any]:
    return at_points(getattr(matrix, field), rows, bars - ago, NO_BAR[field])


class PointView(BarView):
    """Chosen (symbol, bar) points of history."""

    def __init__(self, history: HistoryView, rows: Ints, bars: Ints) -> None:
        super().__init__(partial(_read_points, history.matrix, rows, bars))
        self._history = history
        self.rows = rows
        self.bars = bars
        self.count = at_points(history.count, rows, bars, 0)
        self.values = Chosen(history.values, lambda whole: at_points(whole, rows, bars, np.nan))

    def derived(
        self, key: Hashable, make: Callable[[BarView, int], Floats], ago: int = 0
    ) -> Floats:
        """Picked from the columns of all bars that history makes."""
        return self.memo((key, ago), lambda: self._picked(self._history.derived(key, make), ago))

    def _picked(self, whole: Floats, ago: int) -> Floats:
        return at_points(whole, self.rows, self.bars - ago, np.nan)

    def points(self, mask: Bools) -> PointView:
        """Those of the points that are chosen."""
        return PointView(self._history, self.rows[mask], self.bars[mask])

    def gather(self, field: str, ago: Ints) -> NDArray[Any]:
        """The field at another number of bars ago for each point."""
        refuse_later(field, ago)
        values: NDArray[Any] = getattr(self._history.matrix, field)
        shape = np.broadcast_shapes(ago.shape, self.rows.shape)
        return at_points(values, np.broadcast_to(self.rows, shape), self.bars - ago, NO_BAR[field])
