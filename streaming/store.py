"""Bars and positions into the database: one transaction for both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import transaction

from market.calendar import from_ms
from market.sources import may_mix
from market.storage.copy import copy_columns, encode_names, timestamps
from streaming import positions
from streaming.positions import Position
from streaming.slots import MinuteBars
from streaming.ticks import SymbolTable

STAGING = """
CREATE TEMP TABLE IF NOT EXISTS incoming_bars (
    symbol text, "timestamp" timestamptz, open float8, high float8, low float8, close float8,
    volume float8, vwap float8, trade_count int4, is_partial bool, revision int4
) ON COMMIT DELETE ROWS
"""
VALUES = "open, high, low, close, volume, vwap, trade_count, is_partial, revision, source"
UPSERT = f"""
INSERT INTO ohlcv_1min AS bar (symbol, "timestamp", {VALUES})
SELECT symbol, "timestamp", open, high, low, close, volume, NULLIF(vwap, 'NaN'), trade_count,
    is_partial, revision, %s
FROM incoming_bars
ON CONFLICT (symbol, "timestamp") DO UPDATE SET (
    {VALUES}
) = (
    excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, excluded.vwap,
    excluded.trade_count, excluded.is_partial, excluded.revision, excluded.source
)
"""
ANY_STORED = 'SELECT EXISTS (SELECT 1 FROM ohlcv_1min WHERE "timestamp" = %s)'
# Daily bars, too: a made-up past would be mistaken for that of imported ones.
NEWEST_SOURCES = """
(SELECT source FROM ohlcv_1min ORDER BY "timestamp" DESC LIMIT 1) UNION
(SELECT source FROM ohlcv_daily WHERE source <> '' ORDER BY "timestamp" DESC LIMIT 1)
"""


class MixedSources(ValueError):
    """The database holds another source's bars; mixing them would be mistaken for the market."""

    def __init__(self, stored: str, wanted: str) -> None:
        self.stored = stored
        super().__init__(
            f"This database holds bars of source {stored!r}; {wanted!r} would mix with them. "
            f"Use another database, or clear it: python manage.py purge --source {stored}"
        )


def refuse_mixing(cursor: Any, source: str) -> None:
    """Raise `MixedSources` where the newest stored bars are of another market."""
    cursor.execute(NEWEST_SOURCES)
    for (stored,) in cursor.fetchall():
        if not may_mix(stored, source):
            raise MixedSources(stored, source)


def save_bars(cursor: Any, bars: Sequence[MinuteBars], symbols: SymbolTable, source: str) -> int:
    """Insert or replace these bars, in the caller's transaction; how many rows that were."""
    bars = [minute for minute in bars if len(minute)]
    if not bars:
        return 0
    names = encode_names(symbols.names)
    known: list[MinuteBars] = []
    for minute in bars:
        if _may_be_stored(cursor, minute):
            known.append(minute)
        else:
            columns = _columns([minute], names)
            columns["source"] = ("text", np.full(len(minute), source.encode()))
            copy_columns(cursor, "ohlcv_1min", columns)
    if known:
        cursor.execute(STAGING)
        copy_columns(cursor, "incoming_bars", _columns(known, names))
        cursor.execute(UPSERT, [source])
    return sum(len(minute) for minute in bars)


def _may_be_stored(cursor: Any, minute: MinuteBars) -> bool:
    """Whether a row of this minute could be there, or needs what a plain COPY can not do.

    A minute is closed once; nearly always all its bars are new, and then going through a table of
    their own and looking for conflicts would double what they take.
    """
    if np.isnan(minute.vwap).any() or minute.revision.any():
        return True
    cursor.execute(ANY_STORED, [from_ms(minute.minute_ms)])
    return bool(cursor.fetchone()[0])


def _columns(bars: Sequence[MinuteBars], names: Any) -> dict[str, tuple[str, Any]]:
    def joined(field: str) -> Any:
        return np.concatenate([getattr(minute, field) for minute in bars])

    starts = np.concatenate([np.full(len(minute), minute.minute_ms) for minute in bars])
    columns = {
        "symbol": ("text", names[joined("symbol_id")]),
        '"timestamp"': ("i8", timestamps(starts)),
    }
    for field in ("open", "high", "low", "close", "volume", "vwap"):
        columns[field] = ("f8", joined(field))
    columns["trade_count"] = ("i4", joined("trade_count"))
    columns["is_partial"] = ("bool", joined("is_partial"))
    columns["revision"] = ("i4", joined("revision"))
    return columns


def save_minute(
    connection: Any,
    bars: Sequence[MinuteBars],
    symbols: SymbolTable,
    position: Position,
) -> int:
    """One transaction: these bars and the place up to which the journal is in them."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        # No wait for the disk here: the analysis's commit, which follows, waits for both, and
        # the journal keeps what a database that crashes in between has forgotten.
        cursor.execute("SET LOCAL synchronous_commit TO off")
        written = save_bars(cursor, bars, symbols, position.source)
        positions.save(cursor, position)
    return written
