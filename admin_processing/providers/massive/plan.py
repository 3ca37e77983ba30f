"""What to ask for, with as few requests as it takes. Pure.

A day's bars of all symbols are one request, and so are all days of one symbol: what is missing
for many symbols is asked for by the day, the rest symbol by symbol.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from admin_processing.providers.base import DAY, MINUTE, Unit, Wanted
from admin_processing.providers.missing import Span, blocks, sessions, spans, together
from market.calendar import MarketCalendar

DAYS_AT_ONCE = 5
"""Sessions of a unit that is asked for by the day: it names all its symbols."""
MINUTES_AT_ONCE = 50
"""Sessions of a unit of minute bars: an extended day has 960, an answer at most 50,000."""


def units(wanted: Wanted, hours: MarketCalendar) -> list[Unit]:
    """Units for what is missing; each stands alone, and brings what nobody else brings."""
    if not wanted.symbols:
        return list(_by_day([(wanted.first, wanted.last)], (), hours))
    lacking = spans(wanted, hours)
    if wanted.timeframe == MINUTE:
        return _by_symbol(
            {
                symbol: [b for span in missing for b in blocks(span, hours, MINUTES_AT_ONCE)]
                for symbol, missing in lacking.items()
            },
            MINUTE,
        )
    shared = _cheaper_by_day(lacking, hours)
    alone = {
        symbol: [span for span in missing if span not in shared]
        for symbol, missing in lacking.items()
    }
    return [*_all_by_day(lacking, shared, hours), *_by_symbol(alone, DAY)]


def _cheaper_by_day(lacking: Mapping[str, Sequence[Span]], hours: MarketCalendar) -> set[Span]:
    """The spans to be asked for by the day: whichever number of the shortest costs least."""
    symbols = Counter(span for missing in lacking.values() for span in missing)
    shortest = sorted(symbols, key=lambda span: (len(sessions(span, hours)), span))
    alone = sum(symbols.values())
    days: set[date] = set()
    cheapest, chosen = alone, 0
    for number, span in enumerate(shortest, 1):
        alone -= symbols[span]
        days.update(sessions(span, hours))
        if alone + len(days) < cheapest:
            cheapest, chosen = alone + len(days), number
    return set(shortest[:chosen])


def _all_by_day(
    lacking: Mapping[str, Sequence[Span]], shared: set[Span], hours: MarketCalendar
) -> Iterator[Unit]:
    """Units of the shared spans, each for the symbols that lack some of its days."""
    for span in together(shared):
        concerned = {
            symbol: [own for own in missing if own in shared and _touch(own, span)]
            for symbol, missing in lacking.items()
        }
        for block in blocks(span, hours, DAYS_AT_ONCE):
            names = [s for s, own in concerned.items() if any(_touch(o, block) for o in own)]
            yield from _by_day([block], names, hours)


def _by_day(found: Iterable[Span], symbols: Sequence[str], hours: MarketCalendar) -> Iterator[Unit]:
    for span in found:
        for first, last in blocks(span, hours, DAYS_AT_ONCE):
            days = [day.isoformat() for day in sessions((first, last), hours)]
            name = f"all symbols {days[0]} to {days[-1]}" if days else f"all symbols {first}"
            about = {"symbols": list(symbols)} if symbols else {}
            yield {"name": name, "days": days} | _days(first, last) | about


def _by_symbol(found: Mapping[str, Sequence[Span]], timeframe: str) -> list[Unit]:
    """A unit a span; one that is its symbol's only one has the symbol's name."""
    return [
        {"name": symbol if len(missing) == 1 else f"{symbol} {span[0]} to {span[1]}"}
        | {"symbols": [symbol], "timeframe": timeframe}
        | _days(*span)
        for symbol, missing in found.items()
        for span in missing
    ]


def _days(first: date, last: date) -> dict[str, str]:
    return {"first": first.isoformat(), "last": last.isoformat()}


def _touch(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
