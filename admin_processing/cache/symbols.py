"""Symbols as their provider describes them: added, changed, made inactive, never deleted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from admin_processing.providers.base import SymbolRow, UnitFailed

MOST_GONE = 0.25
FEW = 20
"""A list that lacks more than a quarter of what it had, and more than a few, was cut short."""

# A source that says nothing of a field does not take away what is known.
LEAD = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s) AS given(symbol text, name text, asset_type text,
        exchange text, sector text, industry text, currency text, active boolean, listed_on date,
        delisted_on date)
), merged AS (
    SELECT given.symbol, given.active,
        coalesce(nullif(given.name, ''), had.name, '') AS name,
        coalesce(nullif(given.asset_type, ''), had.asset_type, 'stock') AS asset_type,
        coalesce(nullif(given.exchange, ''), had.exchange, '') AS exchange,
        coalesce(nullif(given.sector, ''), had.sector, '') AS sector,
        coalesce(nullif(given.industry, ''), had.industry, '') AS industry,
        coalesce(nullif(given.currency, ''), had.currency, '') AS currency,
        coalesce(given.listed_on, had.listed_on) AS listed_on,
        CASE WHEN given.active THEN given.delisted_on
            ELSE coalesce(given.delisted_on, had.delisted_on) END AS delisted_on
    FROM given LEFT JOIN symbols AS had ON had.symbol = given.symbol
)
INSERT INTO symbols AS had (symbol, active, name, asset_type, exchange, sector, industry, currency,
    listed_on, delisted_on, synced_at)
SELECT merged.*, now() FROM merged
ON CONFLICT (symbol) DO UPDATE SET (active, name, asset_type, exchange, sector, industry, currency,
    listed_on, delisted_on, synced_at) = (excluded.active, excluded.name, excluded.asset_type,
    excluded.exchange, excluded.sector, excluded.industry, excluded.currency, excluded.listed_on,
    excluded.delisted_on, excluded.synced_at)
WHERE had.synced_at IS NULL OR (had.active, had.name, had.asset_type, had.exchange, had.sector,
        had.industry, had.currency, had.listed_on, had.delisted_on)
    IS DISTINCT FROM (excluded.active, excluded.name, excluded.asset_type, excluded.exchange,
        excluded.sector, excluded.industry, excluded.currency, excluded.listed_on,
        excluded.delisted_on)
"""
FILL = """
INSERT INTO symbols AS had (symbol, name, asset_type, exchange, sector, industry, currency, active,
    listed_on, delisted_on)
SELECT symbol, name, coalesce(nullif(asset_type, ''), 'stock'), exchange, sector, industry,
    currency, active, listed_on, delisted_on
FROM jsonb_to_recordset(%(rows)s) AS given(symbol text, name text, asset_type text, exchange text,
    sector text, industry text, currency text, active boolean, listed_on date, delisted_on date)
ON CONFLICT (symbol) DO UPDATE SET
    name = coalesce(nullif(had.name, ''), excluded.name),
    exchange = coalesce(nullif(had.exchange, ''), excluded.exchange),
    sector = coalesce(nullif(had.sector, ''), excluded.sector),
    industry = coalesce(nullif(had.industry, ''), excluded.industry),
    currency = coalesce(nullif(had.currency, ''), excluded.currency)
WHERE had.name = '' AND excluded.name <> '' OR had.exchange = '' AND excluded.exchange <> ''
    OR had.sector = '' AND excluded.sector <> '' OR had.industry = '' AND excluded.industry <> ''
    OR had.currency = '' AND excluded.currency <> ''
"""
GONE = "SELECT symbol FROM symbols WHERE active AND synced_at IS NOT NULL AND symbol <> ALL(%s)"
HELD = "SELECT count(*) FROM symbols WHERE active AND synced_at IS NOT NULL"
LET_GO = "UPDATE symbols SET active = false, synced_at = now() WHERE symbol = ANY(%s)"
TRADED = """
INSERT INTO symbols (symbol)
SELECT DISTINCT had.symbol FROM import_coverage AS had
WHERE NOT EXISTS (SELECT FROM symbols WHERE symbols.symbol = had.symbol) AND (
    EXISTS (SELECT FROM ohlcv_daily AS bar WHERE bar.symbol = had.symbol)
    OR EXISTS (SELECT FROM ohlcv_1min AS bar WHERE bar.symbol = had.symbol))
ON CONFLICT DO NOTHING
"""


def write(cursor: Any, rows: Sequence[SymbolRow], leads: bool) -> int:
    """Add or change these; how many rows that wrote. No symbol twice.

    leads: what they say stands before what is known already; otherwise it fills what is empty.
    """
    if not rows:
        return 0
    given = json.dumps([asdict(row) for row in rows], default=str)
    cursor.execute(LEAD if leads else FILL, {"rows": given})
    return int(cursor.rowcount)


def let_go(cursor: Any, listed: Iterable[str]) -> int:
    """What a leading source listed once and lists no more is inactive; how many became so.

    Raises UnitFailed for a list that must have been cut short.
    """
    names = list(listed)
    cursor.execute(GONE, [names])
    gone = [symbol for (symbol,) in cursor.fetchall()]
    cursor.execute(HELD)
    (held,) = cursor.fetchone()
    if len(gone) > max(FEW, held * MOST_GONE):
        raise UnitFailed(
            f"the provider lists {len(names)} symbols and lacks {len(gone)} of {held} that were "
            f"active, such as {', '.join(gone[:3])}: more than {MOST_GONE:.0%} at once are not "
            "let go. If that is right, make them inactive in admin"
        )
    if gone:
        cursor.execute(LET_GO, [gone])
    return len(gone)


def add_traded(cursor: Any) -> int:
    """Symbols whose bars were imported and that nobody has described; how many were added."""
    cursor.execute(TRADED)
    return int(cursor.rowcount)
