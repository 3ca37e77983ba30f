"""What every provider of history gives, whatever its own form: columns, and units to ask for.

A provider moves bytes and parses them. It neither checks rows (`imports.checks`) nor stores them.

Errors, by what the caller does:

    ProviderError
    ├── ProviderRefused      stop: the key, the plan or the address is wrong; no retry helps
    └── UnitFailed           this unit can not be had now; try it again later
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Unit = dict[str, Any]
"""What is asked for at once, as plain JSON; `Unit["name"]` is what a failure is listed under."""

MINUTE, DAY = "1m", "1d"


class ProviderError(Exception):
    """A provider did not give what was asked for."""


class ProviderRefused(ProviderError):
    """It never will, as things stand: a wrong key, a plan without this, no such folder."""


class UnitFailed(ProviderError):
    """Not now: it may be asked again."""


@dataclass(frozen=True, slots=True)
class BarBatch:
    """Bars as the provider gave them, unchecked; all columns have one entry a bar.

    symbol: Unicode array. time_ms: the bar's start, Unix ms UTC; of a daily bar 00:00 UTC of its
    session's date. Prices in the traded currency, volume in shares. vwap: NaN where there is none.
    trade_count: 0 where it is not known.
    """

    symbol: NDArray[np.str_]
    time_ms: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats
    trade_count: Ints

    def __len__(self) -> int:
        return len(self.time_ms)

    def where(self, chosen: NDArray[Any]) -> BarBatch:
        """Some of the rows, by a mask or by places."""
        return BarBatch(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def empty_bars() -> BarBatch:
    """No bars."""
    none, whole = np.empty(0), np.empty(0, np.int64)
    return BarBatch(np.empty(0, "U1"), whole, none, none, none, none, none, none, whole)


@dataclass(frozen=True, slots=True)
class SymbolRow:
    """A tradable instrument as its provider describes it; empty where it says nothing."""

    symbol: str
    name: str = ""
    asset_type: str = ""
    exchange: str = ""
    sector: str = ""
    industry: str = ""
    currency: str = ""
    active: bool = True
    listed_on: date | None = None
    delisted_on: date | None = None


@dataclass(frozen=True, slots=True)
class UniverseRow:
    """A named set of symbols, by rank."""

    key: str
    name: str
    symbols: Sequence[str]


@dataclass(frozen=True, slots=True)
class SplitRow:
    """`split_from` old shares became `split_to` new ones."""

    symbol: str
    execution_date: date
    split_from: float
    split_to: float


@dataclass(frozen=True, slots=True)
class DividendRow:
    """Cash for one share held before `ex_date`."""

    symbol: str
    ex_date: date
    cash_amount: float
    kind: str = ""
    pay_date: date | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an import looks for: bars of these symbols and days (both included).

    symbols: empty means whatever the provider has. known: by symbol, the span of days that was
    asked for and answered before, both included.
    """

    timeframe: str
    symbols: Sequence[str]
    first: date
    last: date
    known: Mapping[str, tuple[date, date]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MarketDay:
    """Whether the market trades on a day, as the provider says; `reason` in its words."""

    day: date
    is_open: bool
    reason: str = ""


class Provider(Protocol):
    """One source of history.

    name: what its bars are stored under (`source`). is_adjusted: its bars are adjusted for splits
    and dividends already; otherwise they are as traded.
    """

    name: str
    is_adjusted: bool

    def units(self, wanted: Wanted) -> list[Unit]:
        """What to ask for, so that what is missing comes in; each unit stands alone.

        A unit has `name`, and says in `symbols` whose bars it brings where it is about some.
        """

    def bars(self, unit: Unit) -> Iterator[BarBatch]:
        """The bars of one unit, in batches of bounded size. Raises ProviderError.

        An empty batch now and then says that it waits, so that who reads may give up meanwhile.
        """

    def symbols(self, names: Sequence[str] = ()) -> Iterable[SymbolRow]:
        """The instruments it knows, or those named. Raises ProviderError."""

    def universes(self) -> Iterable[UniverseRow]:
        """The sets of symbols it knows of; none, for most."""

    def splits(self, first: date, last: date) -> Iterable[SplitRow]:
        """Splits executed in these days, both included."""

    def dividends(self, first: date, last: date) -> Iterable[DividendRow]:
        """Dividends whose ex-date is among these days, both included."""

    def market_day(self, day: date) -> MarketDay | None:
        """Whether the market trades on that day; None where it does not say."""


class BarsAlone:
    """What a source that has bars, and nothing beside them, says of the rest."""

    def universes(self) -> Iterable[UniverseRow]:
        """None."""
        return ()

    def splits(self, first: date, last: date) -> Iterable[SplitRow]:
        """None."""
        return ()

    def dividends(self, first: date, last: date) -> Iterable[DividendRow]:
        """None."""
        return ()

    def market_day(self, day: date) -> MarketDay | None:
        """Nothing: the calendar alone says."""
        return None
