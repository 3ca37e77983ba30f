"""What a source was asked for and has answered, by symbol: only what is missing is asked for.

A symbol has one span. A stretch that does not touch it is kept if it is the longer one: what the
span does not say is asked for once more, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from admin_processing.imports.names import numbered
from admin_processing.providers.base import BarBatch
from market.calendar import MarketCalendar, from_ms

AGAIN_SESSIONS = 5
"""The last so many sessions are asked for again: sources correct them for some days."""

KNOWN = """
SELECT symbol, since, through FROM import_coverage
WHERE source = %(source)s AND timeframe = %(timeframe)s
    AND (%(all)s OR symbol = ANY(%(symbols)s))
"""
EXTEND = """
INSERT INTO import_coverage AS had (source, timeframe, symbol, since, through)
SELECT %(source)s, %(timeframe)s, given.* FROM unnest(
    %(symbols)s::text[], %(firsts)s::date[], %(lasts)s::date[]) AS given(symbol, since, through)
ON CONFLICT (source, timeframe, symbol) DO UPDATE SET checked_at = now(), (since, through) = (
    SELECT CASE WHEN touches THEN least(had.since, excluded.since)
            WHEN longer THEN excluded.since ELSE had.since END,
        CASE WHEN touches THEN greatest(had.through, excluded.through)
            WHEN longer THEN excluded.through ELSE had.through END
    FROM (SELECT excluded.since <= had.through + 1 AND excluded.through >= had.since - 1 AS touches,
        excluded.through - excluded.since > had.through - had.since AS longer) AS compared
)
"""
Span = tuple[date, date]


def known(
    cursor: Any, source: str, timeframe: str, symbols: Sequence[str], hours: MarketCalendar
) -> dict[str, Span]:
    """By symbol, the days that need not be asked for again, both included; all for no symbols."""
    asked = {"source": source, "timeframe": timeframe, "symbols": list(symbols)}
    cursor.execute(KNOWN, asked | {"all": not symbols})
    spans = {symbol: (since, through) for symbol, since, through in cursor.fetchall()}
    settled = {last: before_last(last, hours) for _, last in spans.values()}
    return {
        symbol: (since, settled[last])
        for symbol, (since, last) in spans.items()
        if settled[last] >= since
    }


def before_last(day: date, hours: MarketCalendar) -> date:
    """The day before the last sessions up to `day`, which may still be corrected."""
    sessions = [session.day for session in hours.sessions if session.day <= day]
    if len(sessions) < AGAIN_SESSIONS:
        return day - timedelta(days=AGAIN_SESSIONS)
    return sessions[-AGAIN_SESSIONS] - timedelta(days=1)


def extend(cursor: Any, source: str, timeframe: str, spans: Mapping[str, Span]) -> None:
    """These days have been asked for and answered, whether or not there were bars."""
    # In one order, so that two workers never wait for each other.
    symbols = sorted(symbol for symbol in spans if "\x00" not in symbol)
    if not symbols:
        return
    asked: dict[str, Any] = {"source": source, "timeframe": timeframe, "symbols": symbols}
    asked["firsts"] = [spans[symbol][0] for symbol in symbols]
    asked["lasts"] = [spans[symbol][1] for symbol in symbols]
    cursor.execute(EXTEND, asked)


def days_of(bars: BarBatch) -> dict[str, Span]:
    """By symbol, the first and the last day of a batch."""
    names, place = numbered(bars.symbol)
    firsts = np.full(len(names), np.iinfo(np.int64).max)
    lasts = np.full(len(names), np.iinfo(np.int64).min)
    np.minimum.at(firsts, place, bars.time_ms)
    np.maximum.at(lasts, place, bars.time_ms)
    return {
        name: (from_ms(first).date(), from_ms(last).date())
        for name, first, last in zip(names.tolist(), firsts.tolist(), lasts.tolist(), strict=True)
    }


def together(first: Mapping[str, Span], second: Mapping[str, Span]) -> dict[str, Span]:
    """By symbol, from the earlier beginning to the later end."""
    joined = dict(first)
    for symbol, (since, through) in second.items():
        had = joined.get(symbol, (since, through))
        joined[symbol] = (min(had[0], since), max(had[1], through))
    return joined
