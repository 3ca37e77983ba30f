"""Which symbols a daily run takes together, and from which day on."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from market.calendar import MarketCalendar, configured_calendar, to_ms
from patterns.engine import WARM_BARS

NEWS_DAYS = 5
"""Sessions that are always looked at again, since their bars may have been corrected; what is
found in them is news."""
EVERY_DAY = 1_000_000
CELLS = 350_000
"""Symbols × bars of a block: some 2 GB while it is analysed."""

TRADED = 'SELECT DISTINCT symbol FROM ohlcv_daily WHERE "timestamp" >= to_timestamp(%s / 1000.0)'
LATEST = """
SELECT symbol, (extract(epoch FROM max("timestamp")) * 1000)::int8 FROM daily_patterns
WHERE symbol = ANY(%s) GROUP BY symbol
"""


@dataclass(frozen=True, slots=True)
class Block:
    """Symbols that are analysed together, from the bars of `since_ms` on.

    bars: how many are read of each, those before `since_ms` that definitions need included.
    """

    symbols: list[str]
    since_ms: int
    bars: int


@dataclass(frozen=True, slots=True)
class Plan:
    """days: the times of all sessions' daily bars up to the last one, in order."""

    days: Sequence[int]
    blocks: Sequence[Block]
    through_ms: int
    news_since_ms: int

    def everybody(self, cursor: Any, bars_before: int) -> Iterator[Block]:
        """All symbols that have traded of late, over the days of all blocks."""
        since_ms = min(block.since_ms for block in self.blocks)
        symbols = {name for block in self.blocks for name in block.symbols}
        symbols |= set(_traded(cursor, self.news_since_ms))
        return _blocks(self.days, sorted(symbols), since_ms, bars_before)


def plan(cursor: Any, symbols: Sequence[str] | None, through_ms: int, days: int | None) -> Plan:
    """What to do for these symbols, or for all that have traded of late.

    days: of how many sessions. None: from the day on that anything was found of a block last, at
    least `NEWS_DAYS`, and all of a symbol that nothing was ever found of.
    """
    times = session_days(configured_calendar(), through_ms)
    news_since_ms = _first_of(times, NEWS_DAYS)
    names = _traded(cursor, news_since_ms) if symbols is None else symbols
    if days is not None:
        blocks = list(_blocks(times, names, _first_of(times, days)))
    else:
        cursor.execute(LATEST, [list(names)])
        blocks = list(_unknown_days(times, names, dict(cursor.fetchall()), news_since_ms))
    return Plan(times, blocks, through_ms, news_since_ms)


def session_days(calendar: MarketCalendar, through_ms: int) -> list[int]:
    """When the daily bars of all sessions up to `through_ms` start: 00:00 UTC of their dates."""
    days = (datetime.combine(session.day, time(), UTC) for session in calendar.sessions)
    return [moment for moment in map(to_ms, days) if moment <= through_ms]


def _first_of(days: Sequence[int], count: int) -> int:
    """The first of the last `count` days; 0 where that is all there is."""
    return days[-count] if count < len(days) else 0


def _traded(cursor: Any, since_ms: int) -> list[str]:
    cursor.execute(TRADED, [since_ms])
    return sorted(row[0] for row in cursor.fetchall())


def _unknown_days(
    days: Sequence[int], symbols: Sequence[str], latest: Mapping[str, int], news_since_ms: int
) -> Iterator[Block]:
    """New symbols from their first bar on, the others block by block from where each stopped."""
    yield from _blocks(days, [name for name in symbols if name not in latest], 0)
    known = [name for name in symbols if name in latest]
    for block in _blocks(days, known, news_since_ms):
        newest = max(latest[name] for name in block.symbols)
        yield from _blocks(days, block.symbols, min(newest, news_since_ms))


def _blocks(
    days: Sequence[int], symbols: Sequence[str], since_ms: int, bars_before: int = WARM_BARS
) -> Iterator[Block]:
    bars = min(len(days) - bisect.bisect_left(days, since_ms) + bars_before, len(days))
    size = max(1, CELLS // max(bars, 1))
    for start in range(0, len(symbols), size):
        yield Block(list(symbols[start : start + size]), since_ms, bars)
