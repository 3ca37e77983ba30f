"""What the stream missed: the gap ledger, and the bars that it marked as partial."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from admin_processing.fidelity import own
from admin_processing.fidelity.grid import Mask
from admin_processing.providers.base import Ints
from market.calendar import MINUTE_MS, MarketCalendar, from_ms, to_ms
from market.sources import REAL
from streaming.models import FeedGap

GAPS_IN = """
SELECT (extract(epoch FROM started_at) * 1000)::int8, (extract(epoch FROM ended_at) * 1000)::int8,
    symbols::text
FROM feed_gaps WHERE feed = ANY(%s) AND started_at < %s AND ended_at > %s
"""
PARTIAL = """
SELECT symbol, (extract(epoch FROM "timestamp") * 1000)::int8 FROM ohlcv_1min
WHERE is_partial AND "timestamp" >= %s AND "timestamp" < %s ORDER BY 2, 1
"""
COMPLETE = """
UPDATE ohlcv_1min AS bar SET is_partial = false, revision = bar.revision + 1
FROM unnest(%s::text[], %s::timestamptz[]) AS healed (symbol, "timestamp")
WHERE bar.symbol = healed.symbol AND bar."timestamp" = healed."timestamp" AND bar.is_partial
    AND bar."timestamp" BETWEEN %s AND %s
"""
HEALED = """
UPDATE feed_gaps SET healed_at = clock_timestamp(), healed_how = %s
WHERE id = %s AND healed_at IS NULL
"""
Cell = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Gap:
    """An open entry of the ledger: `[start, end)` in Unix ms. symbols: None for all of them."""

    number: int
    name: str
    start_ms: int
    end_ms: int
    symbols: Sequence[str] | None


def open_gaps(until_ms: int) -> list[Gap]:
    """The real feeds' gaps that were over by then and are not healed, oldest first."""
    rows = FeedGap.objects.filter(feed__in=REAL, healed_at=None, ended_at__lte=from_ms(until_ms))
    return [_gap(row) for row in rows.order_by("started_at")]


def open_gap(number: int) -> Gap | None:
    """The entry of this number, if it is still open."""
    row = FeedGap.objects.filter(id=number, healed_at=None).first()
    return None if row is None else _gap(row)


def _gap(row: FeedGap) -> Gap:
    start_ms, end_ms = to_ms(row.started_at), to_ms(row.ended_at or row.started_at)
    name = f"gap of {row.feed} from {row.started_at:%Y-%m-%d %H:%M:%S}"
    return Gap(row.id, name, start_ms, end_ms, row.symbols)


def note_healed(cursor: Any, gap: Gap, how: str) -> None:
    """Close the entry, in the transaction that stores what was missed."""
    cursor.execute(HEALED, [how, gap.number])


def in_gaps(cursor: Any, symbols: Sequence[str], minutes_ms: Ints) -> Mask:
    """Which cells, symbols × minutes, the ledger has, healed or not."""
    found = np.zeros((len(symbols), len(minutes_ms)), np.bool_)
    if not len(minutes_ms):
        return found
    since, until = int(minutes_ms[0]), int(minutes_ms[-1]) + MINUTE_MS
    cursor.execute(GAPS_IN, [list(REAL), from_ms(until), from_ms(since)])
    for start_ms, end_ms, named in cursor.fetchall():
        touched = (minutes_ms + MINUTE_MS > start_ms) & (minutes_ms < end_ms)
        rows = _rows(symbols, named)
        found[np.ix_(rows, touched)] = True
    return found


def _rows(symbols: Sequence[str], named: str | None) -> Mask:
    names = None if named is None else json.loads(named)
    if names is None:
        return np.ones(len(symbols), np.bool_)
    return np.isin(np.array(symbols, np.str_), np.array(names, np.str_))


def partial_bars(cursor: Any, since_ms: int, until_ms: int) -> list[Cell]:
    """Symbol and minute of each partial bar in `[since, until)`, by minute."""
    cursor.execute(PARTIAL, [from_ms(since_ms), from_ms(until_ms)])
    return [(symbol, minute_ms) for symbol, minute_ms in cursor.fetchall()]


def complete(cursor: Any, cells: Sequence[Cell]) -> int:
    """Bars that are all there was, although they were marked as partial; how many were."""
    if not cells:
        return 0
    symbols, minutes = zip(*cells, strict=True)
    times = [from_ms(minute) for minute in minutes]
    cursor.execute(COMPLETE, [list(symbols), times, min(times), max(times)])
    return int(cursor.rowcount)


def whose(cursor: Any, gap: Gap, source: str, minutes_ms: Ints, hours: MarketCalendar) -> list[str]:
    """The symbols that a gap is about: those it names, or all that were streamed on its days."""
    if gap.symbols is not None:
        return sorted(gap.symbols)
    ends = (hours.session_at(int(minutes_ms[end])) for end in (0, -1))
    sessions = [session for session in ends if session is not None]
    since, until = sessions[0].first_ms, sessions[-1].last_ms
    return own.symbols(cursor, source, since, until)
