"""Massive's flat files of trades: a day's, sorted by symbol, times in nanoseconds.

See https://massive.com/docs/flat-files/stocks/trades. The live feed would have sent the same
trades by time, so the replay sorts them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streaming.feeds.replay.sorting import in_order
from streaming.feeds.replay.tables import Layout, TableTape
from streaming.feeds.replay.tape import Chunk, Rejects
from streaming.ticks import SymbolTable, TickBatch

FLAT_FILE = Layout(
    time="sip_timestamp",
    symbol="ticker",
    conditions="conditions",
    exchange="exchange",
    trade="id",
    sequence="sequence_number",
    trf="trf_id",
    correction="correction",
    nanoseconds=True,
)


def by_time(batches: Iterator[TickBatch]) -> Iterator[Chunk]:
    """Each batch with its times as keys."""
    for batch in batches:
        yield Chunk(batch.time_ms, batch)


class FlatFileTape:
    """One day's trades of the whole market."""

    def __init__(self, path: Path, latest_ms: int) -> None:
        self.path = path
        self._table = TableTape(path, FLAT_FILE, "", False, latest_ms)

    def batches(self, symbols: SymbolTable, rejects: Rejects) -> Iterator[TickBatch]:
        """All trades by time, then by sequence."""
        return in_order(by_time(self._table.batches(symbols, rejects)))
