"""Stored minute bars as matrices: what an engine is warmed with, and what is analysed again.

The database gathers each symbol's columns into arrays, so that a symbol is one row of a binary
COPY, and an array is decoded by looking at its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market.calendar import DAY_MS, MINUTE_MS, from_ms
from market.storage.copy import HEADER, POSTGRES_EPOCH_US
from patterns import adjustments, life_rows
from patterns.analysis import StoredLife
from patterns.engine import WARM_BARS, LiveEngine
from patterns.life import EXPIRED, STATE_NAMES
from patterns.matrix import BarMatrix, SessionStart, align_right
from patterns.restore import restore
from patterns.rolled import MINUTES
from patterns.views import FLOAT_FIELDS, Bools, Floats

BLOCK = 1000
REMEMBERED_BARS = 121
"""No cool-down and no life is longer."""
OPEN_DAYS = {"1m": 4, "5m": 7, "15m": 14, "1h": 60}
"""How far back a detection may still be open, nights and symbols that seldom trade included."""

COLUMNS = ('"timestamp"', *FLOAT_FIELDS, "is_partial::int::float8")
ARRAYS = ", ".join(f'array_agg(bar.{name} ORDER BY bar."timestamp")' for name in COLUMNS).replace(
    "bar.vwap", "coalesce(bar.vwap, 'NaN'::float8)"
)
SOURCES = {
    "1m": "ohlcv_1min WHERE true",
    "1d": "ohlcv_daily WHERE true",
    **{name: f"ohlcv_rolled WHERE timeframe = '{name}'" for name in MINUTES},
}
OLDEST_DAYS = {"1m": 30, "5m": 30, "15m": 60, "1h": 200, "1d": 1500}
"""How far back the last bars of a symbol are looked for."""
WANTED = "unnest({symbols}::text[]) WITH ORDINALITY AS wanted (symbol, place)"
BETWEEN = '"timestamp" >= {since} AND "timestamp" < {until}'
LAST_BARS = f"""
COPY (
    SELECT (wanted.place - 1)::int4, {ARRAYS}
    FROM {WANTED} CROSS JOIN LATERAL (
        SELECT * FROM {{source}} AND symbol = wanted.symbol AND {BETWEEN}
        ORDER BY "timestamp" DESC LIMIT {{bars}}
    ) AS bar
    GROUP BY wanted.place ORDER BY wanted.place
) TO STDOUT (FORMAT BINARY)
"""
BARS_BETWEEN = f"""
COPY (
    SELECT (wanted.place - 1)::int4, {ARRAYS}
    FROM {WANTED} JOIN ohlcv_1min AS bar USING (symbol) WHERE {BETWEEN}
    GROUP BY wanted.place ORDER BY wanted.place
) TO STDOUT (FORMAT BINARY)
"""
PLACE = np.dtype([("columns", ">i2"), ("length", ">i4"), ("place", ">i4")])
ARRAY = np.dtype([(name, ">i4") for name in ("bytes", "dimensions", "nulls", "oid", "size", "low")])
TIMES = np.dtype([("length", ">i4"), ("value", ">i8")])
NUMBERS = np.dtype([("length", ">i4"), ("value", ">f8")])

Columns = dict[str, NDArray[Any]]


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
    timeframe: str = "1m",
) -> BarMatrix:
    """The last `bars` stored bars of each symbol that start before `until_ms`.

    since_ms: none older than this; by default as many days back as `OLDEST_DAYS` says. Prices and
    volumes are adjusted for the splits and dividends that are known at `until_ms`.
    """
    matrix = load_traded(cursor, symbols, bars, until_ms, session_start, since_ms, timeframe)
    traded = matrix.time_ms[matrix.time_ms >= 0]
    if not len(traded):
        return matrix
    oldest_ms = int(traded.min())
    known = adjustments.load(cursor, symbols, until_ms, timeframe, oldest_ms)
    return adjustments.adjusted(matrix, known, daily=timeframe == "1d")


def load_traded(
    cursor: Any,
    symbols: Sequence[str],
    bars: int,
    until_ms: int,
    session_start: SessionStart,
    since_ms: int | None = None,
    timeframe: str = "1m",
) -> BarMatrix:
    """The same bars as they were traded, whatever was split or paid since."""
    if since_ms is None:
        since_ms = until_ms - OLDEST_DAYS[timeframe] * DAY_MS
    query = LAST_BARS.replace("{source}", SOURCES[timeframe])
    row, columns = _read(cursor, query, symbols, since_ms, until_ms, bars=bars)
    return align_right(symbols, row, columns, session_start)


def load_minutes(
    cursor: Any, symbols: Sequence[str], since_ms: int, until_ms: int
) -> list[StoredMinute]:
    """The stored bars in `[since, until)`, by minute; `symbol_id` is the place in `symbols`."""
    row, columns = _read(cursor, BARS_BETWEEN, symbols, since_ms, until_ms)
    order = np.lexsort((row, columns["time_ms"]))
    columns = {name: values[order] for name, values in columns.items()}
    starts, first = np.unique(columns["time_ms"], return_index=True)
    bounds = zip(starts.tolist(), first, np.append(first, len(row))[1:], strict=True)
    ids = row[order].astype(np.int32)
    return [_minute(start, ids, columns, slice(a, b)) for start, a, b in bounds]


def _minute(minute_ms: int, ids: NDArray[np.int32], columns: Columns, at: slice) -> StoredMinute:
    floats = {name: columns[name][at] for name in FLOAT_FIELDS}
    return StoredMinute(minute_ms, ids[at], **floats, is_partial=columns["partial"][at])


def warm(
    cursor: Any,
    engine: LiveEngine,
    until_ms: int,
    symbols: Sequence[str] | None = None,
    *,
    every_life: bool = False,
) -> None:
    """Give the engine what the database knows of its symbols before `until_ms`.

    That is `WARM_BARS` bars each, or all of the session under way where it has more, and the
    detections that are open or cooling down. symbols: some of them alone, for those that have
    just appeared. every_life: also detections that were over later on, for an engine that goes
    through stored bars again.
    """
    names = list(engine.symbols if symbols is None else symbols)
    session_minutes = (until_ms - engine.session_start(until_ms - 1)) // MINUTE_MS + 1
    bars = max(WARM_BARS, session_minutes // MINUTES.get(engine.timeframe, 1))
    for block in _blocks(names):
        history = load_history(
            cursor, block, bars, until_ms, engine.session_start, timeframe=engine.timeframe
        )
        engine.warm(history)
        if history.bars:
            _restore(cursor, engine, block, until_ms, every_life)


def _restore(
    cursor: Any, engine: LiveEngine, symbols: list[str], until_ms: int, every_life: bool
) -> None:
    """What is open, or cooling down."""
    timeframe = engine.timeframe
    recent_ms = until_ms - REMEMBERED_BARS * MINUTES.get(timeframe, 1) * MINUTE_MS
    since_ms = until_ms - OPEN_DAYS[timeframe] * DAY_MS
    recent_ms = since_ms if every_life else recent_ms
    found = life_rows.load(cursor, timeframe, symbols, since_ms, recent_ms, until_ms)
    known = adjustments.load(cursor, symbols, until_ms, timeframe, since_ms)
    restore(engine, [_over_where_adjusted(item, known) for item in found])


def _over_where_adjusted(item: StoredLife, known: Sequence[adjustments.Adjustment]) -> StoredLife:
    """Levels in old shares: its life is over; it still cools down."""
    detection = item.detection
    over = any(
        later.symbol == detection.symbol and later.time_ms > detection.bar_time_ms
        for later in known
    )
    if not over:
        return item
    expired = [STATE_NAMES[EXPIRED], detection.bar_time_ms]
    return StoredLife(detection, [*item.life, expired])


def _blocks(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), BLOCK):
        yield names[start : start + BLOCK]


def _read(
    cursor: Any, query: str, symbols: Sequence[str], since_ms: int, until_ms: int, **numbers: int
) -> tuple[NDArray[np.intp], Columns]:
    """Row numbers and columns of all bars that the query finds, ordered by (row, time)."""
    from psycopg import sql

    statement = sql.SQL(query).format(
        symbols=sql.Literal(list(symbols)),
        since=sql.Literal(from_ms(since_ms)),
        until=sql.Literal(from_ms(until_ms)),
        **{name: sql.Literal(number) for name, number in numbers.items()},
    )
    with cursor.copy(statement) as copy:
        return _decode(b"".join(copy))


def _decode(received: bytes) -> tuple[NDArray[np.intp], Columns]:
    """The rows of a binary COPY: a place, then one array a column."""
    places: list[int] = []
    parts: list[list[NDArray[Any]]] = [[] for _ in COLUMNS]
    at = len(HEADER)
    while at + PLACE.itemsize <= len(received):
        places.append(int(np.frombuffer(received, PLACE, 1, at)["place"][0]))
        at += PLACE.itemsize
        for column, part in enumerate(parts):
            values, at = _array(received, at, NUMBERS if column else TIMES)
            part.append(values)
    time_us, *numbers, partial = (_joined(part) for part in parts)
    columns: Columns = dict(zip(FLOAT_FIELDS, numbers, strict=True))
    columns["time_ms"] = (time_us.astype(np.int64) + POSTGRES_EPOCH_US) // 1000
    columns["partial"] = partial != 0
    counts = [len(values) for values in parts[0]]
    return np.repeat(np.array(places, np.intp), counts), columns


def _array(received: bytes, at: int, kind: np.dtype[Any]) -> tuple[NDArray[Any], int]:
    """One array without nulls, and where the next field begins."""
    size = int(np.frombuffer(received, ARRAY, 1, at)["size"][0])
    at += ARRAY.itemsize
    return np.frombuffer(received, kind, size, at)["value"], at + size * kind.itemsize


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    if not parts:
        return np.empty(0)
    joined: NDArray[Any] = np.concatenate(parts)
    return joined.astype(joined.dtype.newbyteorder("="))
