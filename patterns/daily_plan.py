"""Which symbols a daily run takes together, and from which day on."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import pairwise
from typing import Any

from market.calendar import MarketCalendar, configured_calendar, from_ms, to_ms
from patterns.engine import WARM_BARS

NEWS_DAYS = 5
"""Sessions that are always looked at again, since their bars may have been corrected; what is
found in them is news."""
EVERY_DAY = 1_000_000
PARTS = ("indicators", "patterns")
CELLS = 350_000
"""Symbols × bars of a block: some 2 GB while it is analysed."""

TRADED = 'SELECT DISTINCT symbol FROM ohlcv_daily WHERE "timestamp" >= to_timestamp(%s / 1000.0)'
LONG_AGO_DAYS = 60
"""Sessions; symbols that have more to make up for are analysed apart from the others."""
BAR = """(SELECT BAR("timestamp") FROM ohlcv_daily AS bar
    WHERE bar.symbol = wanted.symbol AND "timestamp" <= %(until)s)"""
KNOWN = """
SELECT wanted.symbol, {first}, {newest}, count(part), {through}, {stale}
FROM unnest(%(symbols)s::text[]) AS wanted (symbol)
LEFT JOIN daily_analyses AS known ON known.symbol = wanted.symbol AND part = ANY(%(parts)s)
GROUP BY wanted.symbol ORDER BY wanted.symbol
""".format(
    **{
        name: f"(extract(epoch FROM {moment}) * 1000)::int8"
        for name, moment in {
            "first": BAR.replace("BAR", "min"),
            "newest": BAR.replace("BAR", "max"),
            "through": "min(through)",
            "stale": "min(stale_since)",
        }.items()
    }
)
NOTE = """
INSERT INTO daily_analyses (symbol, part, through)
SELECT symbol, part, to_timestamp(through / 1000.0)
FROM unnest(%s::text[], %s::int8[]) AS done (symbol, through), unnest(%s::text[]) AS part
ON CONFLICT (symbol, part) DO UPDATE SET through = excluded.through, stale_since = NULL
"""
SPOIL = """
UPDATE daily_analyses SET stale_since = least(stale_since, to_timestamp(since / 1000.0))
FROM unnest(%s::text[], %s::int8[]) AS changed (name, since)
WHERE symbol = name AND through >= to_timestamp(since / 1000.0)
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
        group = _Group(since_ms, sorted(symbols), len(self.days))
        return _blocks(self.days, group, bars_before)


def plan(
    cursor: Any,
    symbols: Sequence[str] | None,
    through_ms: int,
    days: int | None,
    parts: Sequence[str] = PARTS,
    cells: int | None = None,
) -> Plan:
    """What to do for these symbols, or for all that have traded of late.

    days: of how many sessions. None: from the first bar on that was not analysed as it now is,
    and the last `NEWS_DAYS` sessions; nothing of a symbol that has no such bars. parts: of the
    work, as `note_done` has them. cells: of a block, by default `CELLS`.
    """
    times = session_days(configured_calendar(), through_ms)
    news_since_ms = _first_of(times, NEWS_DAYS)
    names = _traded(cursor, news_since_ms) if symbols is None else symbols
    if days is not None:
        groups = [_Group(_first_of(times, days), list(names), len(times))]
    else:
        groups = _unknown(cursor, names, times, parts)
    blocks = [block for group in groups for block in _blocks(times, group, cells=cells)]
    return Plan(times, blocks, through_ms, news_since_ms)


def frame(through_ms: int, blocks: Sequence[Block]) -> Plan:
    """A plan of blocks that were planned before, at the same `through_ms`."""
    times = session_days(configured_calendar(), through_ms)
    return Plan(times, blocks, through_ms, _first_of(times, NEWS_DAYS))


def note_done(
    cursor: Any, parts: Sequence[str], symbols: Sequence[str], through_ms: Sequence[int]
) -> None:
    """These have been analysed through the bars of these times, in order of the symbols."""
    cursor.execute(NOTE, [list(symbols), list(through_ms), list(parts)])


def spoil(cursor: Any, symbols: Sequence[str], since_ms: Sequence[int]) -> None:
    """Bars from these times on are not as they were analysed; for whoever changes daily bars."""
    cursor.execute(SPOIL, [list(symbols), list(since_ms)])


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


@dataclass(slots=True)
class _Group:
    """Symbols that are analysed from one moment on; bars: the most that any of them has."""

    since_ms: int
    symbols: list[str]
    bars: int = 0

    def add(self, symbol: str, since_ms: int, bars: int) -> None:
        """One symbol more, which may need an earlier beginning."""
        self.since_ms = min(since_ms, self.since_ms) if self.symbols else since_ms
        self.bars = max(bars, self.bars)
        self.symbols.append(symbol)


def _unknown(
    cursor: Any, symbols: Sequence[str], times: Sequence[int], parts: Sequence[str]
) -> list[_Group]:
    """From when on which symbols have something to analyse; those alike are put together."""
    news_since_ms = _first_of(times, NEWS_DAYS)
    lately_ms = _first_of(times, LONG_AGO_DAYS)
    asked = {"symbols": list(symbols), "parts": list(parts), "until": from_ms(times[-1])}
    cursor.execute(KNOWN, asked)
    new, behind, lately = _Group(0, []), _Group(0, []), _Group(0, [])
    for symbol, first_ms, newest_ms, count, through_ms, stale_ms in cursor.fetchall():
        if newest_ms is None:
            continue
        bars = bisect.bisect_right(times, newest_ms) - bisect.bisect_left(times, first_ms)
        if count < len(parts):
            new.add(symbol, 0, bars)
            continue
        since_ms = min(stale_ms or through_ms + 1, through_ms + 1)
        if newest_ms >= news_since_ms:
            since_ms = min(since_ms, news_since_ms)
        if newest_ms >= since_ms:
            (lately if since_ms >= lately_ms else behind).add(symbol, since_ms, bars)
    return [group for group in (new, behind, lately) if group.symbols]


def _blocks(
    days: Sequence[int],
    group: _Group,
    bars_before: int = WARM_BARS,
    cells: int | None = None,
) -> Iterator[Block]:
    wanted = len(days) - bisect.bisect_left(days, group.since_ms) + bars_before
    bars = max(1, min(wanted, group.bars))
    pieces = -(-len(group.symbols) * bars // (cells or CELLS))
    edges = [len(group.symbols) * piece // pieces for piece in range(pieces + 1)] if pieces else []
    for start, end in pairwise(edges):
        if start < end:
            yield Block(group.symbols[start:end], group.since_ms, bars)
