"""Bars of five minutes to an hour, added up from a symbol's minute bars.

A bucket begins at the session's start or a whole number of timeframes after it, and ends a
timeframe later or with the session: 09:30, 09:35 … for five minutes, 09:30, 10:30 … for an hour,
whose last bucket, 15:30, takes in the closing auction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
            added.add(np.flatnonzero(inside), window, at[inside])
    return (added or _Sum(len(rows))).bars(rows, start_ms)


class _Sum:
    """Bars that grow minute by minute, one element a row."""

    def __init__(self, rows: int) -> None:
        self.open = np.full(rows, np.nan)
        self.high, self.low = np.full(rows, -np.inf), np.full(rows, np.inf)
        self.close = np.full(rows, np.nan)
        self.volume, self.value, self.priced = np.zeros(rows), np.zeros(rows), np.zeros(rows)
        self.partial = np.zeros(rows, np.bool_)

    def add(self, on: Ints, window: BarWindow, at: Ints) -> None:
        """One minute bar of the rows `on`, which lies at `at` in the window's memory."""
        fields = {name: values.reshape(-1)[at] for name, values in window.fields.items()}
        self.open[on] = np.where(np.isnan(self.open[on]), fields["open"], self.open[on])
        self.high[on] = np.maximum(self.high[on], fields["high"])
        self.low[on] = np.minimum(self.low[on], fields["low"])
        self.close[on] = fields["close"]
        self.volume[on] += fields["volume"]
        known = ~np.isnan(fields["vwap"])
        self.value[on] += np.where(known, fields["vwap"] * fields["volume"], 0.0)
        self.priced[on] += np.where(known, fields["volume"], 0.0)
        self.partial[on] |= fields["partial"]

    def bars(self, rows: Ints, start_ms: int) -> RolledBars:
        """Those that have got a minute."""
        has = ~np.isnan(self.close)
        priced = self.priced[has]
        vwap = np.where(priced > 0, self.value[has] / np.where(priced > 0, priced, 1.0), np.nan)
        return RolledBars(
            start_ms,
            rows[has].astype(np.int32),
            self.open[has],
            self.high[has],
            self.low[has],
            self.close[has],
            self.volume[has],
            vwap,
            self.partial[has],
        )
