"""Which format a tape has. A new format is a module with a Tape, and a line in `open_tape`."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from streaming.feeds.base import FeedConfigError
from streaming.feeds.limits import is_symbol
from streaming.feeds.replay.files import UNREADABLE, head, seekable
from streaming.feeds.replay.flatfile import FLAT_FILE, FlatFileTape
from streaming.feeds.replay.frames import FrameTape
from streaming.feeds.replay.grouped import GroupedTape, is_grouped_by_symbol
from streaming.feeds.replay.tables import Layout, TableTape
from streaming.feeds.replay.tape import Tape

PARQUET = b"PAR1"
KNOWN = (
    "A tape is JSON lines of frames, a Massive flat file of trades, or CSV or Parquet with "
    "symbol, timestamp_ms, price, size."
)


def open_tape(path: Path, symbol: str | None, latest_ms: int) -> Tape:
    """The tape in `path`, its format told by its content.

    symbol: names the trades of a table without a symbol column. latest_ms: rows newer than this
    are set aside. Raises FeedConfigError if it is no tape.
    """
    first = head(path)
    if first.startswith(PARQUET):
        return _table(path, _parquet_columns(path), symbol, True, latest_ms)
    if first.lstrip()[:1] in (b"[", b"{"):
        return FrameTape(path, latest_ms)
    return _table(path, _csv_columns(path, first), symbol, False, latest_ms)


def _table(path: Path, found: list[str], symbol: str | None, parquet: bool, latest_ms: int) -> Tape:
    if set(FLAT_FILE.names()) <= set(found) and not parquet:
        return FlatFileTape(path, latest_ms)
    missing = [name for name in ("timestamp_ms", "price", "size") if name not in found]
    if missing:
        raise FeedConfigError(
            f"The tape {path} has no column {', '.join(missing)}; it has {', '.join(found[:20])}. "
            f"{KNOWN} Rename its columns."
        )
    if "symbol" not in found and not symbol:
        raise FeedConfigError(
            f"The tape {path} has no symbol column. Name its symbol, for example: --symbol AAPL"
        )
    if "symbol" not in found and not is_symbol(symbol or ""):
        raise FeedConfigError(f"--symbol {symbol!r} is no symbol. Give one such as AAPL or BRK.B")

    def there(name: str) -> str:
        return name if name in found else ""

    layout = Layout(
        "timestamp_ms",
        symbol=there("symbol"),
        conditions=there("conditions"),
        exchange=there("exchange"),
        trade=there("id"),
        sequence=there("sequence"),
    )
    tape = TableTape(path, layout, symbol or "", parquet, latest_ms)
    return GroupedTape(tape) if is_grouped_by_symbol(tape) else tape


def _parquet_columns(path: Path) -> list[str]:
    try:
        with seekable(path) as file:
            return list(pq.ParquetFile(file).schema_arrow.names)
    except (*UNREADABLE, pa.ArrowException) as error:
        raise FeedConfigError(
            f"The tape {path} can not be read as Parquet: {error}. Copy it again."
        ) from error


def _csv_columns(path: Path, first: bytes) -> list[str]:
    line = first.splitlines()[0]
    try:
        names = next(csv.reader(io.StringIO(line.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error, StopIteration) as error:
        raise FeedConfigError(f"The tape {path} is of no known format. {KNOWN}") from error
    if len(names) < 3 or b"\x00" in line:
        raise FeedConfigError(f"The tape {path} is of no known format. {KNOWN}")
    return names
