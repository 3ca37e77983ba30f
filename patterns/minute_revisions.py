"""Minute bars that others than the stream have changed: what has to be analysed again.

Whoever changes stored minutes of past days notes it in the same transaction. Indicators and
detections follow later, and a stream reads its windows anew with its next session.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from market.calendar import from_ms

NOTE = """
INSERT INTO minute_revisions AS known (symbol, stale_since, changed_at)
SELECT symbol, to_timestamp(since / 1000.0), clock_timestamp()
FROM unnest(%s::text[], %s::int8[]) AS changed (symbol, since) ORDER BY symbol
ON CONFLICT (symbol) DO UPDATE SET changed_at = excluded.changed_at,
    stale_since = least(known.stale_since, excluded.stale_since)
"""
STALE = """
SELECT symbol, (extract(epoch FROM stale_since) * 1000)::int8, changed_at FROM minute_revisions
WHERE stale_since < %s ORDER BY symbol
"""
SETTLE = """
UPDATE minute_revisions AS known SET stale_since = %s
FROM unnest(%s::text[], %s::timestamptz[]) AS done (symbol, changed_at)
WHERE known.symbol = done.symbol AND known.changed_at = done.changed_at
"""
CHANGED = "SELECT symbol FROM minute_revisions WHERE symbol = ANY(%s) AND changed_at > %s"
NOW = "SELECT clock_timestamp()"


@dataclass(frozen=True, slots=True)
class Stale:
    """A symbol whose analysis has to be made again from the bar that starts at `since_ms` on."""

    symbol: str
    since_ms: int
    changed_at: datetime


def note(cursor: Any, since_ms: Mapping[str, int]) -> None:
    """Bars of these symbols were changed, the first of each at `since_ms` (Unix ms)."""
    if since_ms:
        cursor.execute(NOTE, [list(since_ms), list(since_ms.values())])


def stale(cursor: Any, until_ms: int) -> list[Stale]:
    """What has to be analysed again of bars that start before `until_ms`."""
    cursor.execute(STALE, [from_ms(until_ms)])
    return [Stale(*row) for row in cursor.fetchall()]


def settle(cursor: Any, done: Sequence[Stale], left_ms: int | None) -> None:
    """These have been analysed; from `left_ms` on they still have to be, where that is given.

    A symbol whose bars were changed meanwhile is left as it stands.
    """
    left = None if left_ms is None else from_ms(left_ms)
    cursor.execute(SETTLE, [left, [s.symbol for s in done], [s.changed_at for s in done]])


def changed_since(cursor: Any, symbols: Sequence[str], moment: datetime) -> list[str]:
    """Those of the symbols whose bars were changed after a moment of the database's clock."""
    cursor.execute(CHANGED, [list(symbols), moment])
    return [row[0] for row in cursor.fetchall()]


def clock(cursor: Any) -> datetime:
    """The database's clock, which `changed_since` compares with."""
    cursor.execute(NOW)
    moment: datetime = cursor.fetchone()[0]
    return moment
