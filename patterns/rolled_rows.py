"""Bars of five minutes to an hour into the database: a cache that the next start reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market.storage.copy import copy_columns, encode_names, timestamps
from patterns.rolled import RolledBars

FIELDS = ("open", "high", "low", "close", "volume", "vwap")
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


def save(cursor: Any, symbols: Sequence[str], rolled: Sequence[tuple[str, RolledBars]]) -> int:
    """Insert or replace these bars, in order, in the caller's transaction; how many rows."""
    names = encode_names(symbols)
    written = 0
    cursor.execute(STAGING)
    for name, bars in rolled:
        copy_columns(cursor, "incoming_rolled", _columns(name, bars, names))
        cursor.execute(UPSERT)
        cursor.execute("TRUNCATE incoming_rolled")
        written += len(bars)
    return written


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
