"""Bars of five minutes to an hour, added up from a symbol's minute bars.

A bucket begins at the session's start or a whole number of timeframes after it, and ends a
timeframe later or with the session: 09:30, 09:35 … for five minutes, 09:30, 10:30 … for an hour,
whose last bucket, 15:30, takes in the closing auction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market.calendar import MINUTE_MS
from patterns.matrix import BarWindow
from patterns.views import Bools, Floats, Ints

MINUTES = {"5m": 5, "15m": 15, "1h": 60}
"""Minutes of each timeframe that is rolled up."""


@dataclass(frozen=True, slots=True)
class SessionHours:
    """Where the session of a moment starts and ends, in Unix ms.

    day: where its trading day starts, by default with the session; earlier in extended hours.
    """

    start: Callable[[int], int]
    end: Callable[[int], int]
    day: Callable[[int], int] | None = None

    def time_of_day(self, time_ms: int) -> int:
        """Minutes since the trading day's start."""
        return (time_ms - (self.day or self.start)(time_ms)) // MINUTE_MS

    def bucket(self, time_ms: int, timeframe: str) -> tuple[int, int]:
        """Start and end of the bucket of a minute."""
        length = MINUTES[timeframe] * MINUTE_MS
        opened = self.start(time_ms)
        start = opened + (time_ms - opened) // length * length
        return start, min(start + length, self.end(time_ms))


@dataclass(frozen=True, slots=True)
class RolledBars:
    """The bars of one bucket, shaped as `patterns.matrix.MinuteBars`; `minute_ms` is its start."""

    minute_ms: int
    symbol_id: NDArray[np.int32]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats
    is_partial: Bools

    def __len__(self) -> int:
        return len(self.symbol_id)


def roll(window: BarWindow, rows: Ints, start_ms: int, end_ms: int, most: int) -> RolledBars:
    """The bar over `[start, end)` of each row that has minute bars there.

    most: how many of a symbol's last minute bars are looked at. Volumes are added oldest first,
    so that the same minutes give the same bits.
    """
    added: _Sum | None = None
    for ago in range(most - 1, -1, -1):
        number = window.count[rows] - 1 - ago
        at = window.at(rows, number)
        times = window.fields["time_ms"].reshape(-1)[at]
        inside = (number >= 0) & (times >= start_ms) & (times < end_ms)
        if inside.any():
            added = added or _Sum(len(rows))
            fields = {
                name: values.reshape(-1)[at[inside]] for name, values in window.fields.items()
            }
            added.add(np.flatnonzero(inside), fields)
    added = added or _Sum(len(rows))
    has = added.begun
    return RolledBars(start_ms, rows[has].astype(np.int32), **added.columns(has))


@dataclass(frozen=True, slots=True)
class RolledSeries:
    """Bars of many buckets, one element a bar: a symbol's place, and where its bucket starts.

    minutes: how many it is made of; trade_count: the sum of theirs; revision: their highest.
    """

    place: Ints
    start_ms: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats
    is_partial: Bools
    minutes: Ints
    trade_count: Ints
    revision: Ints

    def __len__(self) -> int:
        return len(self.place)


def roll_series(place: Ints, bucket_ms: Ints, minutes: Mapping[str, NDArray[Any]]) -> RolledSeries:
    """All bars of these minutes, to the bit as `roll` makes them.

    Minutes are ordered by (place, time); `bucket_ms` is where each one's bucket starts, and
    `minutes` their columns: open, high, low, close, volume, vwap, partial, trade_count, revision.
    """
    begins = np.append(True, (np.diff(place) != 0) | (np.diff(bucket_ms) != 0))[: len(place)]
    first, bar = np.flatnonzero(begins), np.cumsum(begins) - 1
    number = np.arange(len(place)) - first[bar]
    added = _Sum(len(first))
    for n in range(int(number.max(initial=-1)) + 1):
        at = np.flatnonzero(number == n)
        added.add(bar[at], {name: values[at] for name, values in minutes.items()})
    return RolledSeries(
        place[first],
        bucket_ms[first],
        **added.columns(added.begun),
        minutes=np.bincount(bar, minlength=len(first)),
        trade_count=np.add.reduceat(minutes["trade_count"], first),
        revision=np.maximum.reduceat(minutes["revision"], first),
    )


class _Sum:
    """Bars that grow minute by minute, one element a row."""

    def __init__(self, rows: int) -> None:
        self.open = np.full(rows, np.nan)
        self.high, self.low = np.full(rows, -np.inf), np.full(rows, np.inf)
        self.close = np.full(rows, np.nan)
        self.volume, self.value, self.priced = np.zeros(rows), np.zeros(rows), np.zeros(rows)
        self.partial = np.zeros(rows, np.bool_)

    @property
    def begun(self) -> Bools:
        """Those that have got a minute."""
        return ~np.isnan(self.close)

    def add(self, on: Ints, fields: Mapping[str, NDArray[Any]]) -> None:
        """One minute bar of each of the rows `on`, by its fields."""
        self.open[on] = np.where(np.isnan(self.open[on]), fields["open"], self.open[on])
        self.high[on] = np.maximum(self.high[on], fields["high"])
        self.low[on] = np.minimum(self.low[on], fields["low"])
        self.close[on] = fields["close"]
        self.volume[on] += fields["volume"]
        known = ~np.isnan(fields["vwap"])
        self.value[on] += np.where(known, fields["vwap"] * fields["volume"], 0.0)
        self.priced[on] += np.where(known, fields["volume"], 0.0)
        self.partial[on] |= fields["partial"]

    def columns(self, of: Bools) -> dict[str, Any]:
        """The fields of these rows' bars."""
        priced = self.priced[of]
        vwap = np.where(priced > 0, self.value[of] / np.where(priced > 0, priced, 1.0), np.nan)
        names = ("open", "high", "low", "close", "volume")
        columns = {name: getattr(self, name)[of] for name in names}
        return columns | {"vwap": vwap, "is_partial": self.partial[of]}
