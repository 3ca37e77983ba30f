"""Bars of five minutes to an hour into the database.

A cache that the next start reads, until the minutes that they were made from are dropped: then
they are all that is left, and have to be complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market.calendar import from_ms
from market.storage.copy import copy_columns, encode_names, timestamps
from patterns.rolled import RolledBars, RolledSeries

FIELDS = ("open", "high", "low", "close", "volume", "vwap")
ANY_STORED = """
SELECT EXISTS (SELECT 1 FROM ohlcv_rolled WHERE "timestamp" = %s AND timeframe = %s)
"""
STAGING = """
CREATE TEMP TABLE IF NOT EXISTS incoming_rolled (LIKE ohlcv_rolled) ON COMMIT DELETE ROWS
"""
UPSERT = """
INSERT INTO ohlcv_rolled AS bar (symbol, timeframe, "timestamp", open, high, low, close, volume,
    vwap, is_partial)
SELECT symbol, timeframe, "timestamp", open, high, low, close, volume, NULLIF(vwap, 'NaN'),
    is_partial
FROM incoming_rolled
ON CONFLICT (symbol, timeframe, "timestamp") DO UPDATE SET (
    open, high, low, close, volume, vwap, is_partial
) = (
    excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, excluded.vwap,
    excluded.is_partial
)
"""
# The stream leaves out the counts, so that each of its bars is written once more. One that has
# them may have lost its minutes since: a few of those that come back do not make a better bar.
COMPLETE = """
INSERT INTO ohlcv_rolled AS bar (symbol, timeframe, "timestamp", open, high, low, close, volume,
    vwap, is_partial, minutes, trade_count, revision)
SELECT symbol, timeframe, "timestamp", open, high, low, close, volume, NULLIF(vwap, 'NaN'),
    is_partial, minutes, trade_count, revision
FROM incoming_rolled
ON CONFLICT (symbol, timeframe, "timestamp") DO UPDATE SET (
    open, high, low, close, volume, vwap, is_partial, minutes, trade_count, revision
) = (
    excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, excluded.vwap,
    excluded.is_partial, excluded.minutes, excluded.trade_count, excluded.revision
)
WHERE excluded.minutes >= coalesce(bar.minutes, 0) AND (
    bar.open, bar.high, bar.low, bar.close, bar.volume, bar.vwap, bar.is_partial, bar.minutes,
    bar.trade_count, bar.revision
) IS DISTINCT FROM (
    excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, excluded.vwap,
    excluded.is_partial, excluded.minutes, excluded.trade_count, excluded.revision
)
"""


def save(cursor: Any, symbols: Sequence[str], rolled: Sequence[tuple[str, RolledBars]]) -> int:
    """Insert or replace these bars, in order, in the caller's transaction; how many rows."""
    names = encode_names(symbols)
    for name, bars in rolled:
        columns = _columns(name, bars, names)
        if _may_be_stored(cursor, name, bars):
            cursor.execute(STAGING)
            copy_columns(cursor, "incoming_rolled", columns)
            cursor.execute(UPSERT)
            cursor.execute("TRUNCATE incoming_rolled")
        else:
            copy_columns(cursor, "ohlcv_rolled", columns)
    return sum(len(bars) for _, bars in rolled)


def complete(cursor: Any, symbols: Sequence[str], timeframe: str, bars: RolledSeries) -> int:
    """Insert what is missing, replace what differs, in the caller's transaction; how many rows.

    A bar that was made of more minutes, which have been dropped since, stays.
    """
    if not len(bars):
        return 0
    cursor.execute(STAGING)
    columns = {
        "symbol": ("text", encode_names(symbols)[bars.place]),
        "timeframe": ("text", np.full(len(bars), timeframe.encode())),
        '"timestamp"': ("i8", timestamps(bars.start_ms)),
        **{field: ("f8", getattr(bars, field)) for field in FIELDS},
        "is_partial": ("bool", bars.is_partial),
        "minutes": ("i2", bars.minutes),
        "trade_count": ("i8", bars.trade_count),
        "revision": ("i4", bars.revision),
    }
    copy_columns(cursor, "incoming_rolled", columns)
    cursor.execute(COMPLETE)
    written: int = cursor.rowcount
    cursor.execute("TRUNCATE incoming_rolled")
    return written


def _may_be_stored(cursor: Any, timeframe: str, bars: RolledBars) -> bool:
    """Whether a row of this bar could be there, or needs what a plain COPY can not do."""
    if np.isnan(bars.vwap).any():
        return True
    cursor.execute(ANY_STORED, [from_ms(bars.minute_ms), timeframe])
    return bool(cursor.fetchone()[0])


def _columns(
    timeframe: str, bars: RolledBars, names: NDArray[np.bytes_]
) -> dict[str, tuple[str, Any]]:
    count = len(bars)
    return {
        "symbol": ("text", names[bars.symbol_id]),
        "timeframe": ("text", np.full(count, timeframe.encode())),
        '"timestamp"': ("i8", timestamps(np.full(count, bars.minute_ms))),
        **{field: ("f8", getattr(bars, field)) for field in FIELDS},
        "is_partial": ("bool", bars.is_partial),
    }
