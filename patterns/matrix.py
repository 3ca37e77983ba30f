"""Bars of many symbols as matrices of symbols × bars, the last column each symbol's latest bar.

`BarMatrix` is history. `BarWindow` is the live minute: the last bars of each symbol in a ring with
one position a symbol, so that a minute is appended by one write and a symbol that did not trade
does not move. Arrays are laid out so that one column is contiguous.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from patterns.views import (
    FIELD_TYPES,
    FIELDS,
    FLOAT_FIELDS,
    NO_BAR,
    BarView,
    Bools,
    Chosen,
    Floats,
    Ints,
    refuse_later,
)

SessionStart = Callable[[int], int]

FEW_ROWS = 2_000
"""So many rows fit into the processor's cache with all bars of a window."""


class MinuteBars(Protocol):
    """Closed bars of one minute as parallel columns; `symbol_id` is the row in the symbols list."""

    @property
    def minute_ms(self) -> int: ...
    @property
    def symbol_id(self) -> NDArray[np.int32]: ...
    @property
    def open(self) -> Floats: ...
    @property
    def high(self) -> Floats: ...
    @property
    def low(self) -> Floats: ...
    @property
    def close(self) -> Floats: ...
    @property
    def volume(self) -> Floats: ...
    @property
    def vwap(self) -> Floats: ...
    @property
    def is_partial(self) -> Bools: ...


def sessions_of(time_ms: Ints, session_start: SessionStart) -> Ints:
    """The session's start of each bar time, asked once a distinct time; -1 stays -1."""
    distinct, where = np.unique(time_ms, return_inverse=True)
    starts = np.array([-1 if t < 0 else session_start(int(t)) for t in distinct], np.int64)
    return starts[where].reshape(time_ms.shape)


@dataclass(frozen=True, slots=True)
class BarMatrix:
    """History: each field has shape (symbols, bars), right-aligned; no bar is NaN (times -1)."""

    symbols: tuple[str, ...]
    count: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats
    time_ms: Ints
    session_ms: Ints
    partial: Bools

    @property
    def bars(self) -> int:
        """How many columns there are."""
        return int(self.close.shape[1])

    def rows(self, start: int, stop: int) -> BarMatrix:
        """The symbols from `start` to `stop`; copied, unless they are all."""
        fields = {name: np.asfortranarray(getattr(self, name)[start:stop]) for name in FIELDS}
        return BarMatrix(self.symbols[start:stop], self.count[start:stop], **fields)

    def take(self, rows: Sequence[int]) -> BarMatrix:
        """The chosen symbols, copied."""
        chosen = np.asarray(rows, np.intp)
        fields = {name: np.asfortranarray(getattr(self, name)[chosen]) for name in FIELDS}
        names = tuple(self.symbols[i] for i in rows)
        return BarMatrix(names, self.count[chosen], **fields)

    def until(self, bars: int) -> BarMatrix:
        """The first `bars` columns: what was known then."""
        fields = {name: getattr(self, name)[:, :bars] for name in FIELDS}
        count = np.maximum(self.count - (self.bars - bars), 0)
        return BarMatrix(self.symbols, count, **fields)


def align_right(
    symbols: Sequence[str],
    row: NDArray[np.integer[Any]],
    columns: Mapping[str, NDArray[Any]],
    session_start: SessionStart,
    bars: int | None = None,
) -> BarMatrix:
    """Long columns, ordered by (row, time), as a matrix of the last `bars` bars of each symbol.

    row: position in `symbols`, ascending. columns: the float fields, `time_ms` and, if there,
    `partial`; a missing `vwap` is NaN.
    """
    count = np.bincount(row, minlength=len(symbols)).astype(np.int64)
    width = int(count.max(initial=0)) if bars is None else min(bars, int(count.max(initial=0)))
    ends = np.cumsum(count)
    place = width - (ends[row] - np.arange(len(row)))
    kept = place >= 0
    flat = place[kept] * len(symbols) + row[kept]
    fields = {
        name: _scatter(columns.get(name), name, kept, flat, (width, len(symbols)))
        for name in (*FLOAT_FIELDS, "time_ms", "partial")
    }
    session_ms = np.asfortranarray(sessions_of(fields["time_ms"], session_start))
    return BarMatrix(tuple(symbols), np.minimum(count, width), session_ms=session_ms, **fields)


def _scatter(
    values: NDArray[Any] | None, name: str, kept: Bools, flat: Ints, shape: tuple[int, int]
) -> NDArray[Any]:
    out = np.full(shape, NO_BAR[name], FIELD_TYPES[name])
    if values is not None:
        out.reshape(-1)[flat] = values[kept]
    return out.T


class BarWindow:
    """The last `depth` bars of each symbol; rows are added as symbols appear.

    Bar number b of a row (0 is its first) lies in slot b % depth.
    """

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.room = 0
        self.count: Ints = np.zeros(0, np.int64)
        self.fields: dict[str, NDArray[Any]] = {
            name: np.full((depth, 0), NO_BAR[name], FIELD_TYPES[name]) for name in FIELDS
        }

    def grow(self, rows: int) -> None:
        """Make room for `rows` symbols, and for some more to come."""
        if rows <= self.room:
            return
        room = max(rows, self.room + self.room // 4, 64)
        for name, old in self.fields.items():
            new = np.full((self.depth, room), NO_BAR[name], FIELD_TYPES[name])
            new[:, : self.room] = old
            self.fields[name] = new
        self.count = np.concatenate([self.count, np.zeros(room - self.room, np.int64)])
        self.room = room

    def at(self, rows: Ints, number: Ints) -> Ints:
        """Where bar `number` of each row lies in a field's flat memory."""
        return (number % self.depth) * self.room + rows

    def last_ms(self, rows: Ints) -> Ints:
        """Start of each row's latest bar; -1 where it has none."""
        times: Ints = self.fields["time_ms"].reshape(-1)[self.at(rows, self.count[rows] - 1)]
        return np.where(self.count[rows] > 0, times, -1)

    def write(self, rows: Ints, number: Ints, columns: Mapping[str, Any]) -> None:
        """Put one bar a row at `number`."""
        where = self.at(rows, number)
        for name, values in columns.items():
            self.fields[name].reshape(-1)[where] = values

    def append(self, rows: Ints, columns: Mapping[str, Any]) -> Ints:
        """Put one new bar a row behind its latest; returns their numbers."""
        number = self.count[rows]
        self.write(rows, number, columns)
        self.count[rows] = number + 1
        return number

    def load(self, rows: Ints, matrix: BarMatrix) -> None:
        """Replace what the rows hold by the last bars of `matrix`, whose row i is `rows[i]`."""
        self.count[rows] = matrix.count
        for name in FIELDS:
            self.fields[name][:, rows] = NO_BAR[name]
        for ago in range(min(self.depth, matrix.bars)):
            has = matrix.count > ago
            column = {name: getattr(matrix, name)[has, -1 - ago] for name in FIELDS}
            self.write(rows[has], matrix.count[has] - 1 - ago, column)

    def bars_after(self, rows: Ints, time_ms: int, most: int) -> tuple[Ints, Bools]:
        """How many of each row's last `most` bars start after `time_ms`, and if one starts then."""
        after = np.zeros(len(rows), np.int64)
        exact = np.zeros(len(rows), np.bool_)
        for ago in range(most):
            number = self.count[rows] - 1 - ago
            times = self.fields["time_ms"].reshape(-1)[self.at(rows, number)]
            times = np.where(number >= 0, times, -1)
            after += times > time_ms
            exact |= times == time_ms
        return after, exact

    def insert(self, rows: Ints, after: Ints, columns: Mapping[str, Any]) -> Ints:
        """Put one bar a row before its last `after` bars; returns their numbers."""
        last = self.count[rows] - 1
        for ago in range(int(after.max(initial=0))):
            moved = after > ago
            source = self.at(rows[moved], last[moved] - ago)
            bar = {name: values.reshape(-1)[source] for name, values in self.fields.items()}
            self.write(rows[moved], last[moved] - ago + 1, bar)
        self.write(rows, last + 1 - after, columns)
        self.count[rows] += 1
        return last + 1 - after


def _read(window: BarWindow, where: Ints, field: str, ago: int) -> NDArray[Any]:
    """A field `ago` bars before the bars that lie at `where` in the window's memory."""
    if ago >= window.depth:
        raise ValueError(f"{field}[{ago}]: the window holds {window.depth} bars")
    flat = window.fields[field].reshape(-1)
    return flat.take(where - ago * window.room if ago else where, mode="wrap")


class WindowView(BarView):
    """The window's rows as seen from one bar each: their latest, or an earlier one."""

    def __init__(self, window: BarWindow, rows: Ints, number: Ints) -> None:
        super().__init__(partial(_read, window, window.at(rows, number)))
        self._window = window
        self.rows = rows
        self._number = number
        self.count = number + 1
        self.stacked = len(rows) <= FEW_ROWS

    def stack(self, field: str, bars: int, ago: int = 0) -> NDArray[Any]:
        """A row for each bar; windows of any length share what was read."""
        deepest = ago + bars
        if deepest > self._window.depth:
            raise ValueError(f"{field}[{deepest - 1}]: the window holds {self._window.depth} bars")
        rows = min(1 << (deepest - 1).bit_length(), self._window.depth)
        whole: NDArray[Any] = self.memo(("stack", field, rows), lambda: self._stack(field, rows))
        return whole[ago:deepest]

    def _stack(self, field: str, rows: int) -> NDArray[Any]:
        back = np.arange(rows)[:, None] * self._window.room
        where = self._window.at(self.rows, self._number) - back
        return self._window.fields[field].reshape(-1).take(where, mode="wrap")

    def gather(self, field: str, ago: Ints) -> NDArray[Any]:
        """The field at another number of bars ago for each row."""
        refuse_later(field, ago)
        number = self._number - ago
        kept = (number >= 0) & (ago < self._window.depth)
        where = self._window.at(self.rows, np.where(kept, number, 0))
        values = self._window.fields[field].reshape(-1)[where]
        return np.where(kept, values, NO_BAR[field]).astype(FIELD_TYPES[field], copy=False)

    def points(self, mask: Bools) -> WindowPoints:
        """The chosen rows."""
        return WindowPoints(self, np.flatnonzero(mask))


class WindowPoints(WindowView):
    """Some rows of a view of the window.

    What is made of columns is made for the whole view and picked: most detectors that find
    something ask for the same.
    """

    def __init__(self, whole: WindowView, chosen: NDArray[np.intp]) -> None:
        super().__init__(whole._window, whole.rows[chosen], whole._number[chosen])
        self._whole, self._chosen = whole, chosen
        self.values = Chosen(whole.values, lambda values: values[chosen])

    def derived(
        self, key: Hashable, make: Callable[[BarView, int], Floats], ago: int = 0
    ) -> Floats:
        """Picked from the whole view's."""
        return self.memo((key, ago), lambda: self._whole.derived(key, make, ago)[self._chosen])

    def points(self, mask: Bools) -> WindowPoints:
        """Those of the rows that are chosen."""
        return WindowPoints(self._whole, self._chosen[mask])
