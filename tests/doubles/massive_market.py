"""The market that the double of Massive's REST API tells of: bars as columns, the rest as rows."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

NEW_YORK = ZoneInfo("America/New_York")
VALUES = ("o", "h", "l", "c", "v", "vw", "n")
Row = dict[str, Any]


@lru_cache(maxsize=10_000)
def midnight_ms(day: str) -> int:
    """00:00 of a day in New York: where its bar begins."""
    return _unix_ms(datetime.fromisoformat(day).replace(tzinfo=NEW_YORK))


@lru_cache(maxsize=10_000)
def close_ms(day: str) -> int:
    """16:00 of a day in New York: where the grouped answer says that its bars end."""
    return _unix_ms(datetime.fromisoformat(f"{day}T16:00").replace(tzinfo=NEW_YORK))


def _unix_ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


@dataclass
class Bars:
    """Bars of one length by symbol. `key`: a day like 2024-03-11, or Unix ms of a minute's start.

    Columns: symbol, key, and any of `VALUES`, one entry a bar.
    """

    columns: Mapping[str, NDArray[Any]]
    _rows: dict[str, NDArray[np.int64]] = field(init=False)
    _by_key: dict[Any, NDArray[np.int64]] = field(init=False)

    def __post_init__(self) -> None:
        self._rows = _grouped(self.columns["symbol"], self.columns["key"])
        self._by_key = _grouped(self.columns["key"], self.columns["symbol"])

    def of_symbol(self, symbol: str, first: Any, last: Any) -> Iterator[Row]:
        """A symbol's bars with keys from `first` to `last`, in order."""
        rows = self._rows.get(symbol, np.empty(0, np.int64))
        keys = self.columns["key"][rows].tolist()
        chosen = rows[bisect.bisect_left(keys, first) : bisect.bisect_right(keys, last)]
        return self._told(chosen)

    def of_key(self, key: Any) -> Iterator[Row]:
        """All symbols' bars of a day."""
        return self._told(self._by_key.get(key, np.empty(0, np.int64)))

    def _told(self, rows: NDArray[np.int64]) -> Iterator[Row]:
        names = ["symbol", "key", *(name for name in VALUES if name in self.columns)]
        values = zip(*(self.columns[name][rows].tolist() for name in names), strict=True)
        called = ["T", *names[1:]]
        return (dict(zip(called, row, strict=True)) for row in values)


@dataclass
class Market:
    """What the API knows. tickers, splits, dividends, upcoming: rows as the API gives them.

    revised: by (symbol, day), the fields of a daily bar that are told otherwise from its second
    answer on: it has changed after the close.
    """

    daily: Bars | None = None
    minute: Bars | None = None
    tickers: Sequence[Row] = ()
    splits: Sequence[Row] = ()
    dividends: Sequence[Row] = ()
    upcoming: Sequence[Row] = ()
    now: Row = field(default_factory=lambda: {"market": "closed"})
    revised: dict[tuple[str, str], Row] = field(default_factory=dict)
    _told: set[tuple[str, str]] = field(default_factory=set)

    def day_range(self, symbol: str, first: str, last: str, adjusted: bool) -> list[Row]:
        """One symbol's daily bars; `t` is where they begin."""
        found = self.daily.of_symbol(symbol, first, last) if self.daily else ()
        return [self._day(row, midnight_ms(row["key"]), adjusted, ("T",)) for row in found]

    def day_of_all(self, day: str, adjusted: bool) -> list[Row]:
        """All symbols' bars of a day; `t` is where they end."""
        found = self.daily.of_key(day) if self.daily else ()
        return [self._day(row, close_ms(day), adjusted, ()) for row in found]

    def minute_range(self, symbol: str, first: str, last: str) -> list[Row]:
        """One symbol's minute bars of these days."""
        if self.minute is None:
            return []
        end = (date.fromisoformat(last) + timedelta(days=1)).isoformat()
        found = self.minute.of_symbol(symbol, midnight_ms(first), midnight_ms(end) - 1)
        return [_without(row | {"t": row["key"]}, ("T", "key")) for row in found]

    def _day(self, row: Row, time_ms: int, adjusted: bool, left_out: Sequence[str]) -> Row:
        about = (row["T"], row["key"])
        if about in self.revised and about in self._told:
            row = row | self.revised[about]
        self._told.add(about)
        if adjusted:
            row = self._adjusted(row)
        return _without(row | {"t": time_ms}, (*left_out, "key"))

    def _adjusted(self, row: Row) -> Row:
        factor = 1.0
        for split in self.splits:
            if split["ticker"] == row["T"] and split["execution_date"] > row["key"]:
                factor *= split["split_from"] / split["split_to"]
        moved = {name: row[name] * factor for name in ("o", "h", "l", "c", "vw") if name in row}
        return row | moved | {"v": row["v"] / factor}


def daily_bars(rows: Sequence[tuple[Any, ...]]) -> Bars:
    """Daily bars of (symbol, day, open, high, low, close, volume)."""
    columns = list(zip(*rows, strict=True))
    names = ("symbol", "key", "o", "h", "l", "c", "v")
    return Bars({name: np.array(column) for name, column in zip(names, columns, strict=True)})


def from_parquet(path: Path) -> Market:
    """A market with the daily bars of a file: symbol, date, open, high, low, close, volume."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    columns = {name[0]: table[name].to_numpy() for name in ("open", "high", "low", "close")}
    symbol = table["symbol"].to_numpy(zero_copy_only=False).astype(np.str_)
    days = table["date"].to_numpy().astype("datetime64[D]").astype(np.str_)
    volume = table["volume"].to_numpy().astype(np.float64)
    tickers = [
        {"ticker": name, "name": f"{name} Inc.", "market": "stocks", "locale": "us",
         "primary_exchange": "XNYS", "type": "CS", "active": True, "currency_name": "usd"}
        for name in np.unique(symbol).tolist()
    ]  # fmt: skip
    return Market(Bars({"symbol": symbol, "key": days, **columns, "v": volume}), tickers=tickers)


def _grouped(by: NDArray[Any], then: NDArray[Any]) -> dict[Any, NDArray[np.int64]]:
    """The rows of each value of `by`, in the order of `then`."""
    order = np.lexsort((then, by))
    values, starts = np.unique(by[order], return_index=True)
    return dict(zip(values.tolist(), np.split(order, starts[1:]), strict=True))


def _without(row: Row, names: Sequence[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}
