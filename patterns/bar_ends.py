"""When bars end: what a bar says is known from then on, and not before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache

from market.calendar import MINUTE_MS, MarketCalendar, configured_calendar, from_ms, to_ms
from patterns.definitions import DAILY
from patterns.rolled import MINUTES, SessionHours

BarEnd = Callable[[str, int], int]
"""(timeframe, the bar's start in Unix ms) -> its end in Unix ms."""


def bar_ends(calendar: MarketCalendar) -> BarEnd:
    """The ends of this market's bars.

    A bar of minutes ends with its bucket, or with the session where that comes first. A daily bar,
    which starts at 00:00 UTC of its session's date, ends with the last tick of that session; on a
    date without a session, with that day in the market's own time zone.
    """
    hours = SessionHours(calendar.session_start, calendar.session_end)

    @lru_cache(20_000)
    def end(timeframe: str, start_ms: int) -> int:
        if timeframe in DAILY:
            return _day_end(calendar, start_ms)
        if timeframe in MINUTES:
            return hours.bucket(start_ms, timeframe)[1]
        return start_ms + MINUTE_MS

    return end


def _day_end(calendar: MarketCalendar, start_ms: int) -> int:
    day = from_ms(start_ms)
    session = calendar.session_of_day(day.date())
    if session is not None:
        return session.last_ms
    return to_ms(day.replace(tzinfo=calendar.zone) + timedelta(days=1))


@lru_cache(4)
def _of(calendar: MarketCalendar) -> BarEnd:
    return bar_ends(calendar)


def configured_bar_ends() -> BarEnd:
    """The ends of bars in the market that MARKET_CALENDAR and MARKET_SESSION name."""
    return _of(configured_calendar())
