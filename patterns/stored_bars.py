"""Stored minute bars as matrices: what an engine is warmed with, and what is analysed again.

Read through a binary COPY whose rows all have one size, so that a block of bars is decoded by
looking at its bytes as an array.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market.calendar import from_ms
from market.storage.copy import HEADER, POSTGRES_EPOCH_US
from patterns.engine import WARM_BARS, LiveEngine
from patterns.matrix import BarMatrix, SessionStart, align_right
from patterns.views import Bools, Floats

BLOCK = 1000
MINUTE_MS = 60_000
OLDEST_DAYS = 30
DAY_MS = 86_400_000

FIELDS = """bar."timestamp", bar.open, bar.high, bar.low, bar.close, bar.volume,
    coalesce(bar.vwap, 'NaN'::float8), bar.is_partial"""
LAST_BARS = f"""
COPY (
    SELECT (wanted.place - 1)::int4, {FIELDS}
    FROM unnest({{symbols}}::text[]) WITH ORDINALITY AS wanted (symbol, place)
    CROSS JOIN LATERAL (
        SELECT * FROM ohlcv_1min
        WHERE symbol = wanted.symbol AND "timestamp" >= {{since}} AND "timestamp" < {{until}}
        ORDER BY "timestamp" DESC LIMIT {{bars}}
    ) AS bar
) TO STDOUT (FORMAT BINARY)
"""
BARS_BETWEEN = f"""
COPY (
    SELECT (wanted.place - 1)::int4, {FIELDS}
    FROM ohlcv_1min AS bar
    JOIN unnest({{symbols}}::text[]) WITH ORDINALITY AS wanted (symbol, place) USING (symbol)
    WHERE bar."timestamp" >= {{since}} AND bar."timestamp" < {{until}}
) TO STDOUT (FORMAT BINARY)
"""
FLOATS = ("open", "high", "low", "close", "volume", "vwap")
ROW = np.dtype(
    [("columns", ">i2"), ("_row", ">i4"), ("row", ">i4"), ("_time", ">i4"), ("time", ">i8")]
    + [part for name in FLOATS for part in ((f"_{name}", ">i4"), (name, ">f8"))]
    + [("_partial", ">i4"), ("partial", "u1")]
)


@dataclass(frozen=True, slots=True)
class StoredMinute:
    """The stored bars of one minute, shaped as `patterns.matrix.MinuteBars`."""

    minute_ms: int
    symbol_id: NDArray[np.int32]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats
    is_partial: Bools


def load_history(
    cursor: Any,
    symbols: Sequence[str],
    bars: int,
    until_ms: int,
    session_start: SessionStart,
    since_ms: int | None = None,
) -> BarMatrix:
    """The last `bars` stored bars of each symbol that start before `until_ms`.

    since_ms: none older than this; by default 30 days.
    """
    since_ms = until_ms - OLDEST_DAYS * DAY_MS if since_ms is None else since_ms
    rows = _read(cursor, LAST_BARS, symbols, since_ms, until_ms, bars=bars)
    rows = rows[np.lexsort((rows["time"], rows["row"]))]
    return align_right(symbols, rows["row"].astype(np.intp), _columns(rows), session_start)


def load_minutes(
    cursor: Any, symbols: Sequence[str], from_ms_: int, to_ms: int
) -> list[StoredMinute]:
    """The stored bars in `[from, to)` minute by minute; `symbol_id` is the place in `symbols`."""
    rows = _read(cursor, BARS_BETWEEN, symbols, from_ms_, to_ms)
    rows = rows[np.lexsort((rows["row"], rows["time"]))]
    columns = _columns(rows)
    starts, first = np.unique(columns["time_ms"], return_index=True)
    bounds = zip(starts.tolist(), first, [*first[1:], len(rows)], strict=True)
    return [_minute(start, rows, columns, slice(a, b)) for start, a, b in bounds]


def _minute(
    minute_ms: int, rows: NDArray[Any], columns: dict[str, NDArray[Any]], at: slice
) -> StoredMinute:
    return StoredMinute(
        minute_ms,
        rows["row"][at].astype(np.int32),
        *(columns[name][at] for name in FLOATS),
        columns["partial"][at],
    )


def warm(
    cursor: Any, engine: LiveEngine, until_ms: int, symbols: Sequence[str] | None = None
) -> None:
    """Give the engine what the database knows of its symbols before `until_ms`.

    That is `WARM_BARS` bars each, or all of the session under way where it has more. symbols:
    some of them alone, for those that have just appeared.
    """
    names = list(engine.symbols if symbols is None else symbols)
    session_minutes = (until_ms - engine.session_start(until_ms - 1)) // MINUTE_MS + 1
    bars = max(WARM_BARS, session_minutes)
    for block in _blocks(names):
        engine.warm(load_history(cursor, block, bars, until_ms, engine.session_start))


def _blocks(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), BLOCK):
        yield names[start : start + BLOCK]


def _read(
    cursor: Any, query: str, symbols: Sequence[str], since_ms: int, until_ms: int, **numbers: int
) -> NDArray[Any]:
    from psycopg import sql

    statement = sql.SQL(query).format(  # type: ignore[arg-type]
        symbols=sql.Literal(list(symbols)),
        since=sql.Literal(from_ms(since_ms)),
        until=sql.Literal(from_ms(until_ms)),
        **{name: sql.Literal(number) for name, number in numbers.items()},
    )
    received = bytearray()
    with cursor.copy(statement) as copy:
        for block in copy:
            received += block
    return np.frombuffer(received, ROW, offset=len(HEADER), count=_rows_in(received))


def _rows_in(received: bytearray) -> int:
    return (len(received) - len(HEADER) - 2) // ROW.itemsize


def _columns(rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {name: rows[name].astype(np.float64) for name in FLOATS}
    columns["time_ms"] = (rows["time"].astype(np.int64) + POSTGRES_EPOCH_US) // 1000
    columns["partial"] = rows["partial"].astype(np.bool_)
    return columns
