"""Massive as a provider of history. All bars are asked for as traded (`adjusted=false`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import TypeVar
from urllib.parse import quote, urlencode

from django.conf import settings

from admin_processing.providers import columns
from admin_processing.providers.base import (
    MINUTE,
    BarBatch,
    DividendRow,
    MarketDay,
    ProviderRefused,
    SplitRow,
    SymbolRow,
    Unit,
    UniverseRow,
    Wanted,
    empty_bars,
)
from admin_processing.providers.massive import parsing, plan
from admin_processing.providers.massive.client import MassiveClient, at_once
from admin_processing.providers.massive.parsing import Page
from admin_processing.providers.massive.rate_limit import SharedLimit
from market.calendar import MarketCalendar, configured_calendar

T = TypeVar("T")
GROUPED = "v2/aggs/grouped/locale/us/market/stocks"
MOST_BARS, MOST_ROWS = 50_000, 1_000
ONE_BY_ONE = 10
"""So many named symbols are asked for one at a time; more of them from the list of all."""


class MassiveProvider:
    """Implements `providers.base.Provider`."""

    name = "massive"
    is_adjusted = False

    def __init__(self, client: MassiveClient, hours: MarketCalendar) -> None:
        self._client, self._hours = client, hours

    def units(self, wanted: Wanted) -> list[Unit]:
        """By the day where that takes fewer requests, else a range of days of one symbol.

        The last sessions are among them as long as `wanted.known` leaves them out, as it does:
        bars change for some days after the close.
        """
        if wanted.timeframe == MINUTE and not wanted.symbols:
            raise ProviderRefused("minute bars come symbol by symbol: name some, or a universe")
        return plan.units(wanted, self._hours)

    def bars(self, unit: Unit) -> Iterator[BarBatch]:
        """A batch a page; an empty one now and then while it waits. Raises ProviderError."""
        if "days" in unit:
            for day in unit["days"]:
                yield from self._day(date.fromisoformat(day), unit.get("symbols", ()))
        else:
            yield from self._range(unit)

    def symbols(self, names: Sequence[str] = ()) -> Iterator[SymbolRow]:
        """Active instruments, then those that are no longer, of which no active one has the name.

        Raises ProviderError.
        """
        seen: set[str] = set()
        for active in ("true", "false"):
            missing = [name for name in names if name not in seen]
            if names and not missing:
                return
            for row in self._tickers(active, missing):
                if row.symbol not in seen and (not names or row.symbol in missing):
                    seen.add(row.symbol)
                    yield row

    def universes(self) -> Iterable[UniverseRow]:
        """None: Massive has no sets of symbols."""
        return ()

    def splits(self, first: date, last: date) -> Iterator[SplitRow]:
        """Splits executed in these days, both included. Raises ProviderError."""
        days = {"execution_date.gte": first.isoformat(), "execution_date.lte": last.isoformat()}
        return self._rows("v3/reference/splits", days, parsing.splits)

    def dividends(self, first: date, last: date) -> Iterator[DividendRow]:
        """Dividends whose ex-date is among these days. Raises ProviderError."""
        days = {"ex_dividend_date.gte": first.isoformat(), "ex_dividend_date.lte": last.isoformat()}
        return self._rows("v3/reference/dividends", days, parsing.dividends)

    def market_day(self, day: date) -> MarketDay | None:
        """From the list of days ahead, or because it trades right now. Raises ProviderError."""
        ahead = at_once(self._client.get("v1/marketstatus/upcoming", parsing.closed_days))
        if day in ahead:
            return ahead[day]
        trading = at_once(self._client.get("v1/marketstatus/now", parsing.trading_now))
        return MarketDay(day, True, "the market trades now") if trading == day else None

    def _range(self, unit: Unit) -> Iterator[BarBatch]:
        (symbol,), timeframe = unit["symbols"], unit["timeframe"]
        span = "minute" if timeframe == MINUTE else "day"
        days = f"{unit['first']}/{unit['last']}"
        asked = urlencode({"adjusted": "false", "sort": "asc", "limit": MOST_BARS})
        path = f"v2/aggs/ticker/{quote(symbol, safe='')}/range/1/{span}/{days}?{asked}"
        for bars in self._client.pages(
            path, lambda body: parsing.aggregates(body, symbol, timeframe)
        ):
            yield empty_bars() if bars is None else bars

    def _day(self, day: date, symbols: Sequence[str]) -> Iterator[BarBatch]:
        path = f"{GROUPED}/{day.isoformat()}?adjusted=false"
        for bars in self._client.pages(path, lambda body: parsing.grouped(body, day)):
            yield empty_bars() if bars is None else columns.chosen_rows(bars, symbols)

    def _tickers(self, active: str, names: Sequence[str]) -> Iterator[SymbolRow]:
        asked = {"market": "stocks", "active": active, "sort": "ticker", "order": "asc"}
        if not 0 < len(names) <= ONE_BY_ONE:
            yield from self._rows("v3/reference/tickers", asked, parsing.tickers)
        for name in names if len(names) <= ONE_BY_ONE else ():
            one = asked | {"ticker": name}
            yield from self._rows("v3/reference/tickers", one, parsing.tickers)

    def _rows(
        self, path: str, asked: dict[str, str], parse: Callable[[bytes], Page[list[T]]]
    ) -> Iterator[T]:
        query = urlencode(asked | {"limit": str(MOST_ROWS)})
        for rows in self._client.pages(f"{path}?{query}", parse):
            yield from rows or ()


def make() -> MassiveProvider:
    """From the settings. Raises ProviderRefused without a key."""
    key = settings.MASSIVE_API_KEY
    if not key:
        raise ProviderRefused(
            "MASSIVE_API_KEY is not set, which source massive signs in with. Set it, or choose "
            "another source: DAILY_SOURCE=folder, flatfiles or synthetic"
        )
    asked = (settings.MASSIVE_REST_URL, key, settings.MASSIVE_REST_TIMEOUT_SECS)
    limit = (settings.REDIS_URL, settings.MASSIVE_REST_PER_MINUTE, settings.WORKER_PROCESSES)
    return MassiveProvider(_connected(os.getpid(), *asked, *limit), configured_calendar())


@lru_cache(maxsize=4)
def _connected(
    pid: int,
    url: str,
    key: str,
    timeout_secs: float,
    redis_url: str,
    per_minute: int,
    processes: int,
) -> MassiveClient:
    """A client whose connections are kept; a forked process (`pid`) has its own."""
    limit = SharedLimit(redis_url, key, per_minute, processes)
    return MassiveClient(url, key, limit, timeout_secs)
