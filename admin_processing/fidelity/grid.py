"""Minute bars of a day as matrices of symbols × minutes: what is compared, never bar by bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from admin_processing.imports.names import numbered
from admin_processing.providers.base import BarBatch, Floats, Ints

Mask = NDArray[np.bool_]
VALUES = ("open", "high", "low", "close", "volume", "vwap", "trade_count")


@dataclass(frozen=True, slots=True)
class Grid:
    """The bars of some symbols and minutes.

    minutes_ms: the minutes' starts, Unix ms, ascending. values: by name of `VALUES`, shape
    (symbols, minutes); NaN where there is no bar, and for a vwap or a number of trades that is not
    known. partial: whether trades of the minute may be missing.
    """

    symbols: tuple[str, ...]
    minutes_ms: Ints
    values: dict[str, Floats]
    partial: Mask

    @property
    def has(self) -> Mask:
        """Where there is a bar."""
        return ~np.isnan(self.values["close"])

    def copy(self) -> Grid:
        """One that may be changed without changing this one."""
        values = {name: matrix.copy() for name, matrix in self.values.items()}
        return Grid(self.symbols, self.minutes_ms, values, self.partial.copy())

    def bars(self, chosen: Mask) -> BarBatch:
        """The bars of the chosen cells, in the order of (symbol, time)."""
        place, minute = np.nonzero(chosen & self.has)
        columns = {name: matrix[place, minute] for name, matrix in self.values.items()}
        trades = np.nan_to_num(columns.pop("trade_count")).astype(np.int64)
        names = np.array(self.symbols, np.str_)[place]
        return BarBatch(names, self.minutes_ms[minute], **columns, trade_count=trades)


def grid(
    symbols: Sequence[str], minutes_ms: Ints, bars: BarBatch, partial: Mask | None = None
) -> Grid:
    """Bars, at most one of each symbol and minute, in their cells; others are left out.

    partial: one a bar.
    """
    place, minute, kept = _cells(symbols, minutes_ms, bars)
    shape = (len(symbols), len(minutes_ms))
    values = {}
    for name in VALUES:
        values[name] = np.full(shape, np.nan)
        values[name][place, minute] = getattr(bars, name)[kept]
    values["trade_count"][values["trade_count"] == 0] = np.nan
    flags = np.zeros(shape, np.bool_)
    if partial is not None:
        flags[place, minute] = partial[kept]
    return Grid(tuple(symbols), minutes_ms, values, flags)


def _cells(symbols: Sequence[str], minutes_ms: Ints, bars: BarBatch) -> tuple[Ints, Ints, Mask]:
    known = {name: row for row, name in enumerate(symbols)}
    names, place = numbered(bars.symbol)
    rows = np.array([known.get(name, -1) for name in names.tolist()], np.int64)
    row = rows[place] if len(names) else np.empty(0, np.int64)
    if not len(minutes_ms):
        return row[:0], row[:0], np.zeros(len(row), np.bool_)
    minute = np.minimum(np.searchsorted(minutes_ms, bars.time_ms), len(minutes_ms) - 1)
    kept = (row >= 0) & (minutes_ms[minute] == bars.time_ms)
    return row[kept], minute[kept], kept
