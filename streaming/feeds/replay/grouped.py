"""Tables that hold one symbol after the other, as `concat` of one table a symbol gives them.

Played as they are, all but the first symbol would be hours late. Late trades in a recording are
another thing, and stay where they are: such a tape has its symbols mixed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from streaming.feeds.replay.columns import integers
from streaming.feeds.replay.files import UNREADABLE
from streaming.feeds.replay.flatfile import by_time
from streaming.feeds.replay.sorting import in_order
from streaming.feeds.replay.tables import TableTape
from streaming.feeds.replay.tape import Rejects
from streaming.ticks import SymbolTable, TickBatch

# A trade later than this is of no use to a live bar either.
BACKWARDS_MS = 900_000


class GroupedTape:
    """A table sorted by symbol, read by time."""

    def __init__(self, table: TableTape) -> None:
        self.path: Path = table.path
        self._table = table

    def batches(self, symbols: SymbolTable, rejects: Rejects) -> Iterator[TickBatch]:
        """All trades by time, then by sequence."""
        return in_order(by_time(self._table.batches(symbols, rejects)))


def is_grouped_by_symbol(tape: TableTape) -> bool:
    """Whether each symbol's rows stand together, and time goes back where the next one begins."""
    if not tape.layout.symbol:
        return False
    seen: set[object] = set()
    last: object = None
    newest, backwards = 0, False
    for table in _readable(tape):
        if not len(table):
            continue
        names, starts = _runs(table.column(0))
        times, _ = integers(table.column(1))
        for name, start in zip(names, starts, strict=True):
            if name == last:
                continue
            if name in seen:
                return False
            before = max(newest, int(times[:start].max(initial=0)))
            backwards = backwards or (bool(seen) and int(times[start]) < before - BACKWARDS_MS)
            seen.add(name)
            last = name
        newest = max(newest, int(times.max()))
    return backwards


def _readable(tape: TableTape) -> Iterator[pa.RecordBatch]:
    """The symbols and times, up to where the file breaks off: playing it will tell."""
    with contextlib.suppress(*UNREADABLE):
        yield from tape.tables(Rejects(), [tape.layout.symbol, tape.layout.time])


def _runs(column: pa.Array) -> tuple[list[object], list[int]]:
    """The value and the first row of every run of equal values."""
    column = column.cast(pa.binary())
    codes = np.asarray(pc.fill_null(pc.dictionary_encode(column).indices, -1))
    starts = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1])
    return column.take(pa.array(starts)).to_pylist(), starts.tolist()
