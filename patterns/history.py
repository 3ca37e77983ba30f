"""Views of history: every bar at once, one column of it, or chosen points."""

from __future__ import annotations

from collections.abc import Callable, Hashable
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


class HistoryView(BarView):
    """All bars of a matrix at once: columns have shape (symbols, bars)."""

    def __init__(self, matrix: BarMatrix) -> None:
        super().__init__()
        self.matrix = matrix
        self._pads: dict[Hashable, NDArray[Any]] = {}
        first = matrix.bars - matrix.count
        self.count = np.asfortranarray(
            np.maximum(np.arange(1, matrix.bars + 1)[None, :] - first[:, None], 0)
        )

    def _read(self, field: str, ago: int) -> NDArray[Any]:
        values: NDArray[Any] = getattr(self.matrix, field)
        if ago == 0:
            return values
        return earlier(self._padded(("field", field), values, NO_BAR[field]), ago, NO_BAR[field])

    def derived(
        self, key: Hashable, make: Callable[[BarView, int], Floats], ago: int = 0
    ) -> Floats:
        """Made for the current bar once, and moved back for the others."""
        now = self.memo((key, 0), lambda: make(self, 0))
        return now if ago == 0 else earlier(self._padded(key, now, np.nan), ago, np.nan)

    def _padded(self, key: Hashable, values: NDArray[Any], nothing: Any) -> NDArray[Any]:
        found = self._pads.get(key)
        if found is None:
            found = self._pads[key] = padded(values, nothing)
        return found

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
        super().__init__()
        self._history = history
        self._matrix = history.matrix
        self._bar = bar
        self.count = history.count[:, bar]

    def derived(
        self, key: Hashable, make: Callable[[BarView, int], Floats], ago: int = 0
    ) -> Floats:
        """The column of all bars that history makes, at this one."""
        if ago > self._bar:
            return np.full(len(self.count), np.nan)
        return self._history.derived(key, make)[:, self._bar - ago]

    def _read(self, field: str, ago: int) -> NDArray[Any]:
        values: NDArray[Any] = getattr(self._matrix, field)
        if ago > self._bar:
            return np.full(len(values), NO_BAR[field], FIELD_TYPES[field])
        return values[:, self._bar - ago]


class PointView(BarView):
    """Chosen (symbol, bar) points of history."""

    def __init__(self, history: HistoryView, rows: Ints, bars: Ints) -> None:
        super().__init__()
        self._history = history
        self._matrix = history.matrix
        self.rows = rows
        self.bars = bars
        self.count = history.count[rows, bars]
        self.values = Chosen(history.values, lambda whole: whole[rows, bars])

    def points(self, mask: Bools) -> PointView:
        """Those of the points that are chosen."""
        return PointView(self._history, self.rows[mask], self.bars[mask])

    def _read(self, field: str, ago: int) -> NDArray[Any]:
        at = self.bars - ago
        values: NDArray[Any] = getattr(self._matrix, field)[self.rows, np.maximum(at, 0)]
        return np.where(at >= 0, values, NO_BAR[field]).astype(FIELD_TYPES[field])

    def gather(self, field: str, ago: Ints) -> NDArray[Any]:
        """The field at another number of bars ago for each point."""
        refuse_later(field, ago)
        at = self.bars - ago
        values: NDArray[Any] = getattr(self._matrix, field)[self.rows, np.maximum(at, 0)]
        return np.where(at >= 0, values, NO_BAR[field]).astype(FIELD_TYPES[field])
