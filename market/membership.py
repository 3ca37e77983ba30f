"""Who was in a universe when: members now, and the stretches in which they were, or are, in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from market.universes import UnknownUniverse

NAMED = """
INSERT INTO universes AS had (key, name) VALUES (%s, %s)
ON CONFLICT (key) DO UPDATE SET name = excluded.name WHERE had.name <> excluded.name
"""
KNOWN = """
INSERT INTO symbols (symbol) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING
"""
LEAVE = "DELETE FROM universe_members WHERE universe = %s AND symbol <> ALL(%s)"
JOIN = """
INSERT INTO universe_members AS had (universe, symbol, rank)
SELECT %s, symbol, place FROM unnest(%s::text[]) WITH ORDINALITY AS given(symbol, place)
ON CONFLICT (universe, symbol) DO UPDATE SET rank = excluded.rank WHERE had.rank <> excluded.rank
"""
# Who comes and goes on one day was never in it.
UNDO = """
DELETE FROM universe_history WHERE universe = %s AND until IS NULL AND since >= %s
    AND symbol <> ALL(%s)
"""
END = """
UPDATE universe_history SET until = %s WHERE universe = %s AND until IS NULL AND symbol <> ALL(%s)
"""
BEGIN = """
INSERT INTO universe_history (universe, symbol, since, source)
SELECT %s, symbol, %s, %s FROM unnest(%s::text[]) AS given(symbol)
WHERE NOT EXISTS (SELECT FROM universe_history AS had WHERE had.universe = %s
    AND had.symbol = given.symbol AND had.until IS NULL)
ON CONFLICT (universe, symbol, since) DO UPDATE SET until = NULL
"""
ON_DAY = """
SELECT symbol FROM universe_history
WHERE universe = %s AND since <= %s AND (until IS NULL OR until > %s) ORDER BY symbol
"""


def sync(
    cursor: Any, key: str, name: str, symbols: Sequence[str], day: date, source: str = ""
) -> int:
    """Make a universe hold these symbols, by rank, from `day` on; how many rows that changed.

    Who joins gets a stretch that begins with `day`; who leaves has been in it until before `day`.
    In the caller's transaction.
    """
    members = list(dict.fromkeys(symbols))
    statements: tuple[tuple[str, list[Any]], ...] = (
        (NAMED, [key, name]),
        (KNOWN, [members]),
        (LEAVE, [key, members]),
        (JOIN, [key, members]),
        (UNDO, [key, day, members]),
        (END, [day, key, members]),
        (BEGIN, [key, day, source, members, key]),
    )
    changed = 0
    for statement, parameters in statements:
        cursor.execute(statement, parameters)
        changed += cursor.rowcount
    return changed


def members_on(universe: str, day: date) -> list[str]:
    """The symbols that were in a universe on a day, in order; none before it was first known.

    Raises UnknownUniverse.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM universes ORDER BY key")
        known = [key for (key,) in cursor.fetchall()]
        if universe not in known:
            raise UnknownUniverse(universe, known)
        cursor.execute(ON_DAY, [universe, day, day])
        return [symbol for (symbol,) in cursor.fetchall()]
