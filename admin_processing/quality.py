"""What is missing, stale or set aside: one bounded query for each question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from market.calendar import MarketCalendar, to_ms
from streaming.web.database import rows

STALE_SESSIONS = 5
PARTIAL_SESSIONS = 2
SCORED_DAYS = 60
LISTED = 25
"""Rows of a table here; the rest is in the listing that it leads to."""

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Quality:
    """What the page shows.

    rejected: open ones by reason and source. stale: symbols that are active and have no daily bar
    since `stale_since`; `stale_count` of them. coverage: by source and timeframe, how many symbols,
    from when, through when, and how many end before the last session. gaps: open ones by feed and
    cause. partial: bars of the last sessions that a gap touched, by day. scores: by day, oldest
    first.
    """

    rejected: Rows
    stale: Rows
    stale_count: int
    stale_since: date
    coverage: Rows
    gaps: Rows
    partial: Rows
    partial_since: date
    scores: Rows
    failures: int

    @property
    def rejected_count(self) -> int:
        """All open rejected rows."""
        return sum(row["count"] for row in self.rejected)

    @property
    def gap_count(self) -> int:
        """All open gaps."""
        return sum(row["count"] for row in self.gaps)

    @property
    def partial_count(self) -> int:
        """Partial bars of the last sessions."""
        return sum(row["count"] for row in self.partial)


def ended_sessions(market: MarketCalendar, now: datetime, count: int) -> list[date]:
    """The last so many sessions that have closed, oldest first."""
    ended = [session.day for session in market.sessions if session.close_ms <= to_ms(now)]
    return ended[-count:]


def look(market: MarketCalendar, now: datetime) -> Quality:
    """The state of the data now."""
    sessions = ended_sessions(market, now, STALE_SESSIONS)
    stale_since, last = sessions[0], sessions[-1]
    partial_since = sessions[-PARTIAL_SESSIONS]
    stale = rows(STALE, {"since": midnight(stale_since), "listed": LISTED})
    return Quality(
        rejected=rows(REJECTED),
        stale=stale,
        stale_count=stale[0]["total"] if stale else 0,
        stale_since=stale_since,
        coverage=rows(COVERAGE, {"last": last}),
        gaps=rows(GAPS),
        partial=rows(PARTIAL, {"since": midnight(partial_since)}),
        partial_since=partial_since,
        scores=rows(SCORES, {"days": SCORED_DAYS})[::-1],
        failures=rows(FAILURES)[0]["count"],
    )


def midnight(day: date) -> datetime:
    """The day's beginning in UTC, which daily bars are stored under."""
    return datetime.combine(day, time(), UTC)


REJECTED = """
SELECT reason, source, timeframe, sum(count)::bigint AS count, count(*) AS symbols,
       max(last_seen_at) AS last_seen_at
FROM (
    SELECT reason, source, timeframe, symbol, count(*) AS count, max(last_seen_at) AS last_seen_at
    FROM rejected_rows WHERE resolved_at IS NULL GROUP BY reason, source, timeframe, symbol
) AS of_symbol
GROUP BY reason, source, timeframe ORDER BY count DESC, reason
"""

# The last bar is looked up for those alone that are listed, by the table's key.
STALE = """
SELECT stale.*, (SELECT max(timestamp) FROM ohlcv_daily AS bar
                 WHERE bar.symbol = stale.symbol AND bar.timestamp < %(since)s) AS last_bar
FROM (
    SELECT symbol, name, count(*) OVER () AS total FROM symbols
    WHERE active AND NOT EXISTS (
        SELECT FROM ohlcv_daily AS bar
        WHERE bar.symbol = symbols.symbol AND bar.timestamp >= %(since)s)
    ORDER BY symbol LIMIT %(listed)s
) AS stale ORDER BY symbol
"""

COVERAGE = """
SELECT source, timeframe, count(*) AS symbols, min(since) AS since, max(through) AS through,
       count(*) FILTER (WHERE through < %(last)s) AS behind, max(checked_at) AS checked_at
FROM import_coverage GROUP BY source, timeframe ORDER BY source, timeframe
"""

GAPS = """
SELECT feed, cause, count(*) AS count, sum(minutes) AS minutes, max(started_at) AS newest
FROM feed_gaps WHERE healed_at IS NULL GROUP BY feed, cause ORDER BY newest DESC
"""

PARTIAL = """
SELECT (timestamp AT TIME ZONE 'UTC')::date AS day, count(*) AS count,
       count(DISTINCT symbol) AS symbols
FROM ohlcv_1min WHERE is_partial AND timestamp >= %(since)s GROUP BY 1 ORDER BY 1 DESC
"""

SCORES = """
SELECT day, source, score, unexplained, bars FROM fidelity_days
WHERE score IS NOT NULL ORDER BY day DESC, source LIMIT %(days)s
"""

FAILURES = "SELECT count(*) AS count FROM processing_failures WHERE resolved_at IS NULL"
