"""Days of stored minute bars made into bars of five minutes to an hour, so that they may go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market.calendar import MINUTE_MS, from_ms
from market.storage.copy import HEADER, POSTGRES_EPOCH_US
from patterns import rolled_rows
from patterns.rolled import MINUTES, SessionHours, roll_series
from patterns.views import Ints

BLOCK = 500
"""Symbols that are read at once: a day of theirs is under half a million minutes."""
LONGEST_MS = max(MINUTES.values()) * MINUTE_MS

SYMBOLS = """
SELECT DISTINCT symbol FROM ohlcv_1min WHERE "timestamp" >= %s AND "timestamp" < %s ORDER BY 1
"""
FIELDS = ("open", "high", "low", "close", "volume", "vwap", "partial", "trade_count", "revision")
BARS = """
COPY (
    SELECT wanted.place - 1, "timestamp", open, high, low, close, volume,
        coalesce(vwap, 'NaN'::float8), is_partial::int::float8, trade_count::float8,
        revision::float8
    FROM unnest({symbols}::text[]) WITH ORDINALITY AS wanted (symbol, place)
    JOIN ohlcv_1min USING (symbol) WHERE "timestamp" >= {since} AND "timestamp" < {until}
    ORDER BY wanted.place, "timestamp"
) TO STDOUT (FORMAT BINARY)
"""


def _row() -> np.dtype[Any]:
    """A row of that COPY: a count, then each field behind its length, which never varies."""
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name in ("place", "time", *FIELDS):
        fields += [(f"{name}_length", ">i4"), (name, ">f8" if name in FIELDS else ">i8")]
    return np.dtype(fields)


ROW = _row()


def roll_up(cursor: Any, since_ms: int, until_ms: int, hours: SessionHours) -> int:
    """Complete the longer bars that start in `[since, until)`, of all symbols; rows written.

    Their minutes have to be there still, also those of an hour more: a bucket of extended hours
    may reach over the end of a UTC day. In the caller's transaction.
    """
    cursor.execute(SYMBOLS, [from_ms(since_ms), from_ms(until_ms)])
    symbols = [row[0] for row in cursor.fetchall()]
    blocks = [symbols[start : start + BLOCK] for start in range(0, len(symbols), BLOCK)]
    return sum(_roll_block(cursor, block, since_ms, until_ms, hours) for block in blocks)


def _roll_block(
    cursor: Any, symbols: Sequence[str], since_ms: int, until_ms: int, hours: SessionHours
) -> int:
    place, time_ms, minutes = _read(cursor, symbols, since_ms, until_ms + LONGEST_MS)
    written = 0
    for timeframe, bucket_ms in _buckets(time_ms, hours):
        kept = (bucket_ms >= since_ms) & (bucket_ms < until_ms)
        chosen = {name: values[kept] for name, values in minutes.items()}
        bars = roll_series(place[kept], bucket_ms[kept], chosen)
        written += rolled_rows.complete(cursor, symbols, timeframe, bars)
    return written


def _buckets(time_ms: Ints, hours: SessionHours) -> Iterator[tuple[str, Ints]]:
    """For each timeframe where the bucket of each minute starts."""
    moments, which = np.unique(time_ms, return_inverse=True)
    for timeframe in MINUTES:
        starts = [hours.bucket(moment, timeframe)[0] for moment in moments.tolist()]
        yield timeframe, np.array(starts, np.int64)[which]


def _read(
    cursor: Any, symbols: Sequence[str], since_ms: int, until_ms: int
) -> tuple[Ints, Ints, dict[str, NDArray[Any]]]:
    """Places, times and columns of the minutes in `[since, until)`, ordered by (place, time)."""
    from psycopg import sql

    statement = sql.SQL(BARS).format(
        symbols=sql.Literal(list(symbols)),
        since=sql.Literal(from_ms(since_ms)),
        until=sql.Literal(from_ms(until_ms)),
    )
    with cursor.copy(statement) as copy:
        received = b"".join(copy)
    count = (len(received) - len(HEADER)) // ROW.itemsize
    rows = np.frombuffer(received, ROW, count, len(HEADER))
    minutes: dict[str, NDArray[Any]] = {name: rows[name].astype(np.float64) for name in FIELDS}
    minutes["partial"] = minutes["partial"] != 0
    for name in ("trade_count", "revision"):
        minutes[name] = minutes[name].astype(np.int64)
    time_ms = (rows["time"].astype(np.int64) + POSTGRES_EPOCH_US) // 1000
    return rows["place"].astype(np.int64), time_ms, minutes
