"""Adjusted bars and bars as traded: a symbol's day holds one kind, and it is known which.

A source whose bars are adjusted declares their days in `adjusted_history`, in the transaction
that stores them. Bars of the other kind, of another source, are set aside there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from admin_processing.imports.checks import Checked
from admin_processing.imports.coverage import Span, days_of, together
from admin_processing.imports.names import numbered, storable
from admin_processing.imports.reasons import Reason
from admin_processing.imports.store import TABLES
from admin_processing.providers.base import BarBatch
from market.calendar import DAY_MS, from_ms

DECLARED = """
SELECT symbol, source, first_day, last_day FROM adjusted_history
WHERE timeframe = %s AND symbol = ANY(%s)
"""
# What the source itself has stored there is adjusted, too: it is replaced by what comes now.
FOREIGN = """
SELECT asked.symbol FROM unnest(%(symbols)s::text[], %(firsts)s::timestamptz[],
    %(ends)s::timestamptz[]) AS asked(symbol, first, ends)
WHERE EXISTS (SELECT FROM {table} AS bar WHERE bar.symbol = asked.symbol
    AND bar."timestamp" >= asked.first AND bar."timestamp" < asked.ends
    AND bar.source <> %(source)s)
"""
DECLARE = """
INSERT INTO adjusted_history (symbol, timeframe, first_day, last_day, source)
SELECT given.symbol, %(timeframe)s, given.first_day, given.last_day, %(source)s
FROM unnest(%(symbols)s::text[], %(firsts)s::date[], %(lasts)s::date[])
    AS given(symbol, first_day, last_day)
ON CONFLICT (symbol, timeframe) DO UPDATE SET declared_at = now(),
    first_day = least(adjusted_history.first_day, excluded.first_day),
    last_day = greatest(adjusted_history.last_day, excluded.last_day)
"""


def keep_apart(
    cursor: Any, timeframe: str, source: str, is_adjusted: bool, bars: BarBatch, checked: Checked
) -> Checked:
    """The same, with the good rows set aside that would mix the two kinds."""
    names, place = numbered(bars.symbol)
    cursor.execute(DECLARED, [timeframe, storable(names)])
    declared = {row[0]: (row[1], (row[2], row[3])) for row in cursor.fetchall()}
    if is_adjusted:
        bad = _swallows_others(cursor, timeframe, source, bars.where(checked.good), declared)
    else:
        bad = {symbol: span for symbol, (_, span) in declared.items()}
    if not bad:
        return checked
    day = bars.time_ms // DAY_MS
    mixed = np.zeros(len(bars), bool)
    for symbol, (first, last) in bad.items():
        low, high = _day_number(first), _day_number(last)
        rows = place == np.searchsorted(names, symbol)
        mixed |= rows & (day >= low) & (day <= high)
    reason = np.where(mixed & checked.good, np.int8(Reason.MIXED_ADJUSTMENT), checked.reason)
    return replace(checked, reason=reason)


def declare(cursor: Any, timeframe: str, source: str, bars: BarBatch) -> None:
    """These bars, which are stored in the same transaction, came adjusted."""
    spans = days_of(bars)
    if spans:
        symbols = sorted(spans)
        asked: dict[str, Any] = {"timeframe": timeframe, "source": source, "symbols": symbols}
        asked["firsts"] = [spans[symbol][0] for symbol in symbols]
        asked["lasts"] = [spans[symbol][1] for symbol in symbols]
        cursor.execute(DECLARE, asked)


def _swallows_others(
    cursor: Any,
    timeframe: str,
    source: str,
    good: BarBatch,
    declared: Mapping[str, tuple[str, Span]],
) -> dict[str, Span]:
    """Symbols whose adjusted stretch would reach over other sources' bars, with the whole of it."""
    given = days_of(good)
    reached = together(given, {s: span for s, (_, span) in declared.items() if s in given})
    foreign = {s for s, (owner, _) in declared.items() if owner != source}
    symbols = sorted(set(reached) - foreign)
    asked: dict[str, Any] = {"symbols": symbols, "source": source}
    asked["firsts"] = [from_ms(_day_number(reached[s][0]) * DAY_MS) for s in symbols]
    asked["ends"] = [from_ms((_day_number(reached[s][1]) + 1) * DAY_MS) for s in symbols]
    cursor.execute(FOREIGN.format(table=TABLES[timeframe]), asked)
    bad = foreign | {symbol for (symbol,) in cursor.fetchall()}
    return {symbol: reached[symbol] for symbol in bad if symbol in reached}


def _day_number(day: Any) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))
