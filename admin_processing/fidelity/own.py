"""What the database holds of a day: its bars, whose they are, gaps, and the sessions that ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from admin_processing.fidelity.grid import Mask
from admin_processing.providers.base import BarBatch, Ints, empty_bars
from market.calendar import MINUTE_MS, from_ms
from market.universes import UnknownUniverse, symbols_of

SOURCE = 'SELECT source FROM ohlcv_1min ORDER BY "timestamp" DESC LIMIT 1'
BARS = """
SELECT symbol, (extract(epoch FROM "timestamp") * 1000)::int8, open, high, low, close, volume,
    coalesce(vwap, 'NaN'), trade_count, is_partial
FROM ohlcv_1min WHERE symbol = ANY(%s) AND "timestamp" >= %s AND "timestamp" < %s
"""
WITH_BARS = """
SELECT DISTINCT symbol FROM ohlcv_1min WHERE "timestamp" >= %s AND "timestamp" < %s ORDER BY 1
"""
SESSIONS = """
SELECT universe, (extract(epoch FROM start_time) * 1000)::int8,
    (extract(epoch FROM coalesce(end_time, now())) * 1000)::int8, dropped_ticks
FROM streaming_sessions
WHERE source = %s AND start_time < %s AND coalesce(end_time, now()) > %s ORDER BY start_time
"""
KINDS = (np.str_, np.int64, *(np.float64,) * 6, np.int64)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One streaming session: its universe's key, `[start, end)` in Unix ms, ticks in no bar."""

    universe: str
    start_ms: int
    end_ms: int
    dropped: int


def source(cursor: Any) -> str | None:
    """Where this database's minute bars come from; None where there are none."""
    cursor.execute(SOURCE)
    found = cursor.fetchone()
    return found[0] if found else None


def bars(
    cursor: Any, symbols: Sequence[str], since_ms: int, until_ms: int
) -> tuple[BarBatch, Mask]:
    """The stored bars in `[since, until)`, and which of them are partial."""
    cursor.execute(BARS, [list(symbols), from_ms(since_ms), from_ms(until_ms)])
    columns = list(zip(*cursor.fetchall(), strict=True))
    if not columns:
        return empty_bars(), np.zeros(0, np.bool_)
    *values, partial = columns
    made = BarBatch(*(np.array(c, kind) for c, kind in zip(values, KINDS, strict=True)))
    return made, np.array(partial, np.bool_)


def stretches(cursor: Any, source: str, since_ms: int, until_ms: int) -> list[Stretch]:
    """The streaming sessions that ran in `[since, until)`."""
    cursor.execute(SESSIONS, [source, from_ms(until_ms), from_ms(since_ms)])
    return [Stretch(*row) for row in cursor.fetchall()]


def streamed(found: Sequence[Stretch], minutes_ms: Ints) -> Mask:
    """Which minutes a session ran all through; all of them, where nothing is known of sessions."""
    if not found:
        return np.ones(len(minutes_ms), np.bool_)
    ran = [(s.start_ms <= minutes_ms) & (s.end_ms >= minutes_ms + MINUTE_MS) for s in found]
    return np.asarray(np.logical_or.reduce(ran))


def symbols(cursor: Any, source: str, since_ms: int, until_ms: int) -> list[str]:
    """Whose bars should be there: those that have any, and the universes that were streamed."""
    cursor.execute(WITH_BARS, [from_ms(since_ms), from_ms(until_ms)])
    found = {row[0] for row in cursor.fetchall()}
    for key in {stretch.universe for stretch in stretches(cursor, source, since_ms, until_ms)}:
        try:
            found.update(symbols_of(key))
        except UnknownUniverse:
            continue  # it was deleted since; who traded then has bars
    return sorted(found)
