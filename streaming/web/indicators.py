"""Indicators of one symbol, newest first: those that are stored, else computed from its bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from django.conf import settings

from market.calendar import from_ms, to_ms
from patterns.definitions import DAILY, INTRADAY
from patterns.registry import standard
from patterns.store import ALL
from patterns.tiers import tier_for
from streaming.web.bars import EARLIEST, LATEST, BarQuery
from streaming.web.computed import computed_series
from streaming.web.database import rows
from streaming.web.frames import utc_iso
from streaming.web.pages import Found, Page

STORED = """
SELECT bar.timestamp, bar.timeframe, named.names, bar.values
FROM {table} AS bar JOIN indicator_sets AS named ON named.id = bar.set_id
WHERE bar.symbol = %(symbol)s AND bar.timeframe = %(timeframe)s
    AND bar.timestamp >= %(start)s AND bar.timestamp < %(end)s
    AND (bar.timestamp, bar.timeframe) < (%(before)s, %(key)s)
ORDER BY bar.timestamp DESC LIMIT %(limit)s
"""
ONE_TICK = timedelta(microseconds=1)

Item = dict[str, Any]


def indicators_of(page: Page, names: Sequence[str] = ()) -> Found:
    """One page of bars with their indicators' values, and the next page's cursor.

    Of one timeframe, bars of which nothing is stored get what would be stored. Without a timeframe
    it is what is stored of all of the tier's, each item with its own. names: these are computed
    for every bar of the timeframe, and what is stored of them is taken from there.
    """
    if page.timeframe is None:
        found = sorted(_stored_of_all(page), key=_place, reverse=True)[: page.limit + 1]
    elif page.tier not in (None, tier_for(page.timeframe).name):
        found = []
    elif names:
        found = _computed_and_stored(page, names)
    else:
        found = _filled_up(page, _stored(page, page.timeframe))
    items, following = page.cut(found, _place)
    return [_shown(item) for item in items], following


def _place(item: Item) -> tuple[datetime, str]:
    return item["timestamp"], item["timeframe"]


def _shown(item: Item) -> dict[str, Any]:
    return {
        "bar_timestamp": utc_iso(to_ms(item["timestamp"])),
        "timeframe": item["timeframe"],
        "values": {name: value for name, value in item["values"].items() if isfinite(value)},
    }


# --- stored ---------------------------------------------------------------------------------------


def _stored(page: Page, timeframe: str) -> list[Item]:
    """The page's rows of one timeframe, and one more."""
    query = STORED.format(table=tier_for(timeframe).indicators)
    found = rows(query, page.parameters() | {"timeframe": timeframe})
    return [_item(row) for row in found]


def _item(row: dict[str, Any]) -> Item:
    values = dict(zip(row["names"], row["values"], strict=True))
    return {"timestamp": row["timestamp"], "timeframe": row["timeframe"], "values": values}


def _stored_of_all(page: Page) -> Iterable[Item]:
    for timeframe in (*INTRADAY, *DAILY):
        if page.tier in (None, tier_for(timeframe).name):
            yield from _stored(page, timeframe)


# --- computed -------------------------------------------------------------------------------------


def _filled_up(page: Page, stored: list[Item]) -> list[Item]:
    """What is stored, between what is computed for later bars and for earlier ones."""
    names = stored_outputs(str(page.timeframe))
    start, end = page.start or EARLIEST, _end(page)
    if not stored:
        return _computed(page, names, start, end)
    found = _computed(page, names, stored[0]["timestamp"] + ONE_TICK, end) + stored
    if len(found) <= page.limit:
        found += _computed(page, names, start, stored[-1]["timestamp"], len(found))
    return found[: page.limit + 1]


def _computed_and_stored(page: Page, names: Sequence[str]) -> list[Item]:
    found = _computed(page, names, page.start or EARLIEST, _end(page))
    stored = {item["timestamp"]: item["values"] for item in _stored(page, str(page.timeframe))}
    for item in found:
        known = stored.get(item["timestamp"], {})
        better = {name: known[name] for name in names if isfinite(known.get(name, float("nan")))}
        values = item["values"] | better
        item["values"] = {name: values[name] for name in names if name in values}
    return found


def _end(page: Page) -> datetime:
    before, _ = page.place()
    return min(before, page.end or LATEST)


def _computed(
    page: Page, names: Sequence[str], start: datetime, end: datetime, already: int = 0
) -> list[Item]:
    """The newest closed bars of `[start, end)`, newest first; with the `already` a page and one."""
    timeframe = str(page.timeframe)
    limit = page.limit + 1 - already
    query = BarQuery(page.symbol, timeframe, start, None if end == LATEST else end, limit)
    series = computed_series(query, names)
    return [
        {
            "timestamp": from_ms(time_ms),
            "timeframe": timeframe,
            "values": {name: float(values[at]) for name, values in series.values.items()},
        }
        for at, time_ms in reversed(list(enumerate(series.time_ms)))
    ]


def stored_outputs(timeframe: str) -> list[str]:
    """Those of INDICATORS_STORED that have a meaning in a timeframe."""
    shown = standard().for_timeframe(timeframe).shown
    stored = settings.INDICATORS_STORED
    return [name for name in shown if ALL in stored or name in stored]
