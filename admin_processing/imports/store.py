"""Good bars into the database: one binary COPY, and one upsert that writes only what differs.

Where the span is still empty, which is every first import, the COPY goes straight into the table;
otherwise into a staging table, against which the stored bars are held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import transaction
from psycopg.errors import UniqueViolation

from admin_processing.imports.names import numbered
from admin_processing.providers.base import BarBatch
from market.calendar import from_ms
from market.storage.copy import copy_columns, encode_names, timestamps

TABLES = {"1d": "ohlcv_daily", "1m": "ohlcv_1min"}
PRICES = ("open", "high", "low", "close", "volume")
STAGING = """
CREATE TEMP TABLE IF NOT EXISTS incoming_bars (symbol text, "timestamp" timestamptz, open float8,
    high float8, low float8, close float8, volume float8, vwap float8, trade_count int4)
    ON COMMIT DROP
"""
ANY_STORED = """
SELECT EXISTS (SELECT FROM {table} WHERE symbol = ANY(%(symbols)s)
    AND "timestamp" BETWEEN %(first)s AND %(last)s)
"""
# What a source does not tell, which is vwap or the number of trades, does not take away what is
# stored, as long as the bar is the same otherwise.
UPSERT = """
WITH given AS (
    SELECT symbol, "timestamp", open, high, low, close, volume, nullif(vwap, 'NaN') AS vwap,
        trade_count FROM incoming_bars
), compared AS (
    SELECT given.*, stored.symbol IS NOT NULL AS is_stored,
        (given.open, given.high, given.low, given.close, given.volume) IS NOT DISTINCT FROM
            (stored.open, stored.high, stored.low, stored.close, stored.volume) AS is_same,
        stored.vwap AS stored_vwap, stored.trade_count AS stored_count, stored.is_partial
    FROM given LEFT JOIN {table} AS stored ON stored.symbol = given.symbol
        AND stored."timestamp" = given."timestamp"
        AND stored."timestamp" BETWEEN %(first)s AND %(last)s
), differing AS (
    SELECT * FROM compared WHERE NOT is_stored OR NOT is_same OR is_partial
        OR vwap IS NOT NULL AND vwap IS DISTINCT FROM stored_vwap
        OR trade_count <> 0 AND trade_count <> stored_count
), written AS (
    INSERT INTO {table} AS stored (symbol, "timestamp", open, high, low, close, volume, vwap,
        trade_count, source)
    SELECT symbol, "timestamp", open, high, low, close, volume,
        CASE WHEN is_same THEN coalesce(vwap, stored_vwap) ELSE vwap END,
        CASE WHEN is_same AND trade_count = 0 THEN stored_count ELSE trade_count END, %(source)s
    FROM differing
    ON CONFLICT (symbol, "timestamp") DO UPDATE SET (open, high, low, close, volume, vwap,
        trade_count, source, is_partial, revision) = (excluded.open, excluded.high, excluded.low,
        excluded.close, excluded.volume, excluded.vwap, excluded.trade_count, excluded.source,
        false, stored.revision + 1)
)
SELECT symbol, (extract(epoch FROM min("timestamp")) * 1000)::bigint,
    count(*) FILTER (WHERE NOT is_stored), count(*) FROM differing GROUP BY symbol
"""


@dataclass(frozen=True, slots=True)
class Saved:
    """Bars that were new, those that had other values, and those that were there already.

    since_ms: by symbol, the time of the first bar that was written.
    """

    inserted: int = 0
    changed: int = 0
    unchanged: int = 0
    since_ms: Mapping[str, int] = field(default_factory=dict, compare=False)

    def __add__(self, other: Saved) -> Saved:
        return Saved(
            self.inserted + other.inserted,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
        )

    @property
    def written(self) -> int:
        """Rows that were inserted or changed."""
        return self.inserted + self.changed


def save(cursor: Any, timeframe: str, source: str, bars: BarBatch) -> Saved:
    """Store good bars, no two of the same symbol and time, in the caller's transaction."""
    if not len(bars):
        return Saved()
    table = TABLES[timeframe]
    columns = _columns(bars)
    names, _ = numbered(bars.symbol)
    span = {"first": from_ms(int(bars.time_ms.min())), "last": from_ms(int(bars.time_ms.max()))}
    cursor.execute(ANY_STORED.format(table=table), span | {"symbols": names.tolist()})
    (any_stored,) = cursor.fetchone()
    if not any_stored and _copied(cursor, table, columns, source, bars):
        return Saved(len(bars), since_ms=_firsts(bars))
    cursor.execute(STAGING)
    cursor.execute("TRUNCATE incoming_bars")
    copy_columns(cursor, "incoming_bars", columns)
    cursor.execute("ANALYZE incoming_bars")
    cursor.execute(UPSERT.format(table=table), span | {"source": source})
    found = cursor.fetchall()
    inserted, written = sum(row[2] for row in found), sum(row[3] for row in found)
    since_ms = {symbol: first for symbol, first, *_ in found}
    return Saved(inserted, written - inserted, len(bars) - written, since_ms)


def _copied(
    cursor: Any, table: str, columns: Mapping[str, tuple[str, Any]], source: str, bars: BarBatch
) -> bool:
    """Straight into the table; False if somebody else has stored one of them meanwhile."""
    sources = np.full(len(bars), source.encode())
    known = ~np.isnan(bars.vwap)
    try:
        with transaction.atomic():
            for chosen, has_vwap in ((known, True), (~known, False)):
                if chosen.any():
                    kept = {
                        name: (kind, values if chosen.all() else values[chosen])
                        for name, (kind, values) in columns.items()
                        if has_vwap or name != "vwap"
                    }
                    kept["source"] = ("text", sources[chosen])
                    copy_columns(cursor, table, kept)
    except UniqueViolation:
        return False
    return True


def _firsts(bars: BarBatch) -> dict[str, int]:
    names, place = numbered(bars.symbol)
    firsts = np.full(len(names), np.iinfo(np.int64).max)
    np.minimum.at(firsts, place, bars.time_ms)
    return dict(zip(names.tolist(), firsts.tolist(), strict=True))


def _columns(bars: BarBatch) -> dict[str, tuple[str, Any]]:
    names, place = numbered(bars.symbol)
    return {
        "symbol": ("text", encode_names(names.tolist())[place]),
        '"timestamp"': ("i8", timestamps(bars.time_ms)),
        **{name: ("f8", getattr(bars, name)) for name in (*PRICES, "vwap")},
        "trade_count": ("i4", bars.trade_count),
    }
