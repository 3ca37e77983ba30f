"""Whether a run has anything to do today: on a day without a session the daily run says so."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from admin_processing.runs.request import RunRequest
from market.calendar import MarketCalendar, configured_calendar

NEW_YORK = ZoneInfo("America/New_York")


def why_not(request: RunRequest, now: datetime) -> str:
    """Why there is nothing to do; empty where there is.

    Asked of runs that import what today has brought: who names days or symbols' failures means
    those, whatever today is.
    """
    if not asks_of_today(request):
        return ""
    return closed_on(today(now), configured_calendar())


def asks_of_today(request: RunRequest) -> bool:
    """Whether it matters that the market traded today."""
    named = request.since or request.through or request.retry_of
    return not (request.skip_market_check or named or "import" not in request.phases)


def today(now: datetime) -> date:
    """The date in New York."""
    return now.astimezone(NEW_YORK).date()


def closed_on(day: date, calendar: MarketCalendar) -> str:
    """Why the market did not trade on that day; empty where it did."""
    if calendar.session_of_day(day) is not None:
        return ""
    why = "a weekend" if day.weekday() >= 5 else "a holiday"
    return (
        f"the market was closed on {day:%A %Y-%m-%d} ({why}, {calendar.name}); "
        "skip_market_check runs all the same"
    )
