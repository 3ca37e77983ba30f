"""Which days of which symbols an import lacks. Pure: `Wanted` and the calendar in, spans out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from admin_processing.providers.base import Wanted
from market.calendar import MarketCalendar

Span = tuple[date, date]
"""The first and the last day, both included."""
ONE_DAY = timedelta(days=1)


def spans(wanted: Wanted, hours: MarketCalendar) -> dict[str, list[Span]]:
    """By symbol, the stretches with a session that were not answered before; none left out."""
    whole = (wanted.first, wanted.last)
    found = {}
    for symbol in wanted.symbols:
        known = wanted.known.get(symbol)
        lacking = around(whole, known) if known else [whole]
        if some := [span for span in lacking if sessions(span, hours)]:
            found[symbol] = some
    return found


def around(whole: Span, known: Span) -> list[Span]:
    """What of `whole` lies before and after `known`."""
    before = (whole[0], min(whole[1], known[0] - ONE_DAY))
    after = (max(whole[0], known[1] + ONE_DAY), whole[1])
    return [span for span in (before, after) if span[0] <= span[1]]


@lru_cache(maxsize=4096)
def sessions(span: Span, hours: MarketCalendar) -> tuple[date, ...]:
    """The days on which the market trades; weekdays, before the calendar begins."""
    known = hours.sessions
    start = bisect_left(known, span[0], key=lambda session: session.day)
    end = bisect_right(known, span[1], key=lambda session: session.day)
    days = (session.day for session in known[start:end])
    older = _days((span[0], min(span[1], known[0].day - ONE_DAY)))
    return (*(day for day in older if day.weekday() < 5 or hours.always_open), *days)


def blocks(span: Span, hours: MarketCalendar, length: int) -> list[Span]:
    """`span` in pieces of so many sessions, with no day between two of them."""
    days = sessions(span, hours)
    begins = [span[0], *days[length::length]]
    ends = [day - ONE_DAY for day in begins[1:]]
    return list(zip(begins, [*ends, span[1]], strict=True))


def together(lacking: Iterable[Span]) -> list[Span]:
    """The days of any of these, as few spans as that takes, in order."""
    joined: list[Span] = []
    for first, last in sorted(set(lacking)):
        if joined and first <= joined[-1][1] + ONE_DAY:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def _days(span: Span) -> list[date]:
    count = (span[1] - span[0]).days + 1
    return [span[0] + timedelta(days=number) for number in range(count)]
