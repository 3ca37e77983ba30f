"""Tapes that are tables: CSV and Parquet of trades, and Massive's flat files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from market.conditions import ConditionTable, built_in
from streaming.feeds.hashing import trade_keys
from streaming.feeds.limits import EARLIEST_MS, REASONS, faults
from streaming.feeds.replay import columns
from streaming.feeds.replay.files import open_tape_file, seekable
from streaming.feeds.replay.tape import CHUNK_ROWS, Rejects
from streaming.ticks import EVERYTHING, SymbolTable, TickBatch

CSV_BLOCK_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a table by what they mean; empty where it has none."""

    time: str
    price: str = "price"
    size: str = "size"
    symbol: str = ""
    conditions: str = ""
    exchange: str = ""
    trade: str = ""
    sequence: str = ""
    trf: str = ""
    correction: str = ""
    nanoseconds: bool = False

    def names(self) -> list[str]:
        """The columns to read."""
        named = (self.time, self.price, self.size, self.symbol, self.conditions, self.exchange)
        more = (self.trade, self.sequence, self.trf, self.correction)
        return [name for name in named + more if name]


@dataclass
class Rows:
    """Makes TickBatches of Arrow batches of one tape."""

    layout: Layout
    symbol: str
    symbols: SymbolTable
    rejects: Rejects
    latest_ms: int
    conditions: ConditionTable
    row: int = 0

    def batch(self, table: pa.RecordBatch) -> TickBatch:
        """The good rows, in their order; the others are counted."""
        get = self._getter(table)
        layout = self.layout
        time, timed = columns.integers(get(layout.time))
        time_ms = time // 1_000_000 if layout.nanoseconds else time
        ids, names = self._symbols(get, len(table))
        flags, unknown = self._flags(get, len(table))
        batch = TickBatch(
            symbol_id=ids,
            time_ms=time_ms,
            price=columns.floats(get(layout.price)),
            size=columns.floats(get(layout.size)),
            flags=flags,
            sequence=self._sequence(get, len(table)),
            trade_key=self._keys(get, time_ms, names),
        )
        self.row += len(table)
        good = self._good(batch, timed, get)
        self.rejects.noted["unknown_condition"] += int(np.count_nonzero(unknown & good))
        return batch if good.all() else batch.take(good)

    def _getter(self, table: pa.RecordBatch) -> Callable[[str], pa.Array]:
        return lambda name: table.column(table.schema.get_field_index(name))

    def _symbols(
        self, get: Callable[[str], pa.Array], rows: int
    ) -> tuple[NDArray[np.int32], NDArray[np.uint64]]:
        if self.layout.symbol:
            return columns.symbols(get(self.layout.symbol), self.symbols.ids)
        one = np.int32(self.symbols.id(self.symbol))
        return np.full(rows, one, np.int32), np.full(rows, columns.fnv(self.symbol), np.uint64)

    def _flags(
        self, get: Callable[[str], pa.Array], rows: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        if self.layout.conditions:
            return columns.condition_flags(get(self.layout.conditions), self.conditions)
        return np.full(rows, EVERYTHING, np.uint8), np.zeros(rows, np.bool_)

    def _sequence(self, get: Callable[[str], pa.Array], rows: int) -> NDArray[np.int64]:
        """The tape's own sequence; without one, or with holes in it, the number of the row."""
        numbers = np.arange(self.row, self.row + rows, dtype=np.int64)
        if not self.layout.sequence:
            return numbers
        given, valid = columns.integers(get(self.layout.sequence))
        return given if valid.all() else numbers

    def _keys(
        self,
        get: Callable[[str], pa.Array],
        time_ms: NDArray[np.int64],
        names: NDArray[np.uint64],
    ) -> NDArray[np.uint64]:
        none = np.zeros(len(time_ms), np.int64)
        if not self.layout.trade:
            return none.astype(np.uint64)
        place = self.layout.exchange
        exchange = columns.numbered_places(get(place)) if place else none
        trf = columns.numbered_places(get(self.layout.trf)) if self.layout.trf else none
        trade = columns.identities(get(self.layout.trade))
        return trade_keys(time_ms, names, exchange, trf, trade)

    def _good(
        self, batch: TickBatch, timed: NDArray[np.bool_], get: Callable[[str], pa.Array]
    ) -> NDArray[np.bool_]:
        found = faults(batch.time_ms, batch.price, batch.size, EARLIEST_MS, self.latest_ms)
        reasons = {"bad_time": ~timed, "bad_symbol": batch.symbol_id < 0}
        reasons |= {reason: found == code for code, reason in REASONS.items()}
        if self.layout.correction:
            code, _ = columns.integers(get(self.layout.correction))
            # 10, 11 and 12 cancel or correct an earlier row: no trades themselves.
            reasons["correction_record"] = code >= 10
        good = np.ones(len(batch), np.bool_)
        for reason, rows in reasons.items():
            self.rejects.add(reason, int(np.count_nonzero(rows & good)))
            good &= ~rows
        return good


class TableTape:
    """A CSV or Parquet file of trades."""

    def __init__(
        self, path: Path, layout: Layout, symbol: str, parquet: bool, latest_ms: int
    ) -> None:
        self.path = path
        self.layout = layout
        self._symbol = symbol
        self._parquet = parquet
        self._latest_ms = latest_ms

    def batches(self, symbols: SymbolTable, rejects: Rejects) -> Iterator[TickBatch]:
        """All trades in the order of the rows."""
        rows = Rows(self.layout, self._symbol, symbols, rejects, self._latest_ms, built_in())
        for table in self.tables(rejects):
            yield rows.batch(table)

    def tables(self, rejects: Rejects, names: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows as Arrow batches of the layout's columns, or of `names`."""
        names = names or self.layout.names()
        if self._parquet:
            with seekable(self.path) as file:
                yield from pq.ParquetFile(file).iter_batches(CHUNK_ROWS, columns=names)
        else:
            yield from csv_tables(self.path, names, rejects)


def csv_tables(path: Path, names: list[str], rejects: Rejects) -> Iterator[pa.RecordBatch]:
    """Rows of a CSV file, every column as text; rows of a wrong length are counted."""

    def wrong_length(row: pa_csv.InvalidRow) -> str:
        rejects.add("bad_row", 1, (row.text or "").encode()[:200])
        return "skip"

    text = {name: pa.string() for name in names}
    with open_tape_file(path) as file:
        reader = pa_csv.open_csv(
            pa.PythonFile(file, "r"),
            pa_csv.ReadOptions(block_size=CSV_BLOCK_BYTES, use_threads=False),
            pa_csv.ParseOptions(invalid_row_handler=wrong_length),
            pa_csv.ConvertOptions(
                check_utf8=False,
                column_types=text,
                include_columns=names,
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
        for table in reader:
            for start in range(0, len(table), CHUNK_ROWS):
                yield table.slice(start, CHUNK_ROWS)
