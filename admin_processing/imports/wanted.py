"""What a run's request means for a source: whose bars, and of which days."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings

from admin_processing.providers.base import Provider
from admin_processing.runs.phase import PhaseFailed
from admin_processing.runs.request import RunRequest
from market.calendar import MarketCalendar, to_ms
from market.models import Symbol
from market.universes import UnknownUniverse, symbols_of

NEED_NAMES = frozenset({"massive", "synthetic"})
"""Sources that have to be told whose bars are wanted; the others give what they have."""
TAKEN_WHOLE = frozenset({"folder"})
"""Sources whose bars somebody has chosen already: all of them are wanted, however old."""
BEGINNING = date(1900, 1, 1)


def symbols(request: RunRequest, provider: Provider) -> list[str]:
    """Those named, a universe's, or all active ones; none where the source gives what it has.

    Raises PhaseFailed.
    """
    named = list(request.symbols)
    if request.universe:
        try:
            named += symbols_of(request.universe)
        except UnknownUniverse as error:
            raise PhaseFailed(str(error)) from None
    if named or provider.name not in NEED_NAMES:
        return list(dict.fromkeys(named))
    return _active()


def _active() -> list[str]:
    active = list(Symbol.objects.filter(active=True).values_list("symbol", flat=True))
    if not active:
        raise PhaseFailed(
            "no symbols are known, so there is nothing to import. Name some, or load those that "
            "come with the project: python manage.py load_universes"
        )
    return active


def days(
    request: RunRequest, provider: Provider, now: datetime, hours: MarketCalendar
) -> tuple[date, date]:
    """The first and the last day, both included. Raises PhaseFailed."""
    last = request.through or last_closed(now, hours)
    first = request.since or _beginning(provider, last)
    if first > last:
        raise PhaseFailed(f"since {first} is after through {last}: there is no such day")
    return first, last


def last_closed(now: datetime, hours: MarketCalendar) -> date:
    """The last session that has closed."""
    now_ms = to_ms(now)
    return max(session.day for session in hours.sessions if session.close_ms <= now_ms)


def _beginning(provider: Provider, last: date) -> date:
    if provider.name in TAKEN_WHOLE:
        return BEGINNING
    year = last.year - settings.IMPORT_HISTORY_YEARS
    return date(year, last.month, min(last.day, 28))
