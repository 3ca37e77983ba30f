"""What a row shows by itself, and held against the calendar. Pure: columns in, reasons out."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from admin_processing.imports.names import is_name, numbered
from admin_processing.imports.reasons import Reason
from admin_processing.providers.base import DAY, BarBatch, Ints
from market.calendar import DAY_MS, MINUTE_MS, MarketCalendar, calendar

Codes = NDArray[np.int8]
Mask = NDArray[np.bool_]
EARLIEST_MS = -2_208_988_800_000
"""1900-01-01: nothing older is a bar of a stock."""
MOST_TRADES = 2**31 - 1
THURSDAY = 3
"""The weekday of 1970-01-01, Monday being 0."""


def check_rows(bars: BarBatch, timeframe: str, now_ms: int, hours: MarketCalendar) -> Codes:
    """Each row's reason, as far as it needs no other row; `Reason.GOOD` where there is none."""
    future, session, unwanted = _when(bars.time_ms, timeframe, now_ms, hours)
    reasons = {
        Reason.RANGE: _contradicts(bars),
        Reason.PRICE: _no_price(bars),
        Reason.VOLUME: ~(np.isfinite(bars.volume) & (bars.volume >= 0)) | _no_count(bars),
        Reason.NO_VOLUME: (bars.volume == 0) & (timeframe == DAY),
        Reason.NAME: _no_name(bars),
        Reason.FUTURE: future,
        Reason.SESSION: session,
        Reason.UNWANTED: unwanted,
    }
    return np.select(list(reasons.values()), list(reasons), Reason.GOOD).astype(np.int8)


def _contradicts(bars: BarBatch) -> Mask:
    with np.errstate(invalid="ignore"):
        most, least = np.fmax(bars.open, bars.close), np.fmin(bars.open, bars.close)
        return np.asarray((bars.high < most) | (bars.low > least) | (bars.high < bars.low))


def _no_price(bars: BarBatch) -> Mask:
    prices = np.stack([bars.open, bars.high, bars.low, bars.close])
    bad = ~(np.isfinite(prices) & (prices > 0)).all(axis=0)
    given = ~np.isnan(bars.vwap)
    return np.asarray(bad | given & ~(np.isfinite(bars.vwap) & (bars.vwap > 0)))


def _no_count(bars: BarBatch) -> Mask:
    return np.asarray((bars.trade_count < 0) | (bars.trade_count > MOST_TRADES))


def _no_name(bars: BarBatch) -> Mask:
    names, place = numbered(bars.symbol)
    bad = [not is_name(name) for name in names.tolist()]
    return np.array(bad, bool)[place]


def _when(
    time_ms: Ints, timeframe: str, now_ms: int, hours: MarketCalendar
) -> tuple[Mask, Mask, Mask]:
    """Which rows are not over yet, which can not be, and which nobody asked for."""
    if timeframe == DAY:
        bad = ~_are_sessions(time_ms, hours)
        return _day_ends(time_ms, hours) > now_ms, bad, np.zeros(len(time_ms), bool)
    whole_day = hours if hours.always_open else calendar(hours.name, "extended")
    bad = (time_ms % MINUTE_MS != 0) | ~whole_day.in_session(time_ms)
    return time_ms + MINUTE_MS > now_ms, bad, ~hours.in_session(time_ms)


def _are_sessions(time_ms: Ints, hours: MarketCalendar) -> Mask:
    """Whether these are dates of sessions; of weekdays, before the calendar begins."""
    days, _ = _sessions(hours)
    known = np.isin(time_ms, days)
    weekday = (time_ms // DAY_MS + THURSDAY) % 7 < 5
    older = (time_ms < days[0]) & (time_ms >= EARLIEST_MS) & (weekday | hours.always_open)
    return np.asarray((time_ms % DAY_MS == 0) & (known | older))


def _day_ends(time_ms: Ints, hours: MarketCalendar) -> Ints:
    """When the session of each date closes; the date itself, where there is none."""
    days, closes = _sessions(hours)
    place = np.minimum(np.searchsorted(days, time_ms), len(days) - 1)
    return np.where(days[place] == time_ms, closes[place], time_ms)


@lru_cache(maxsize=8)
def _sessions(hours: MarketCalendar) -> tuple[Ints, Ints]:
    """Dates of all sessions, Unix ms of their 00:00 UTC, and when they close."""
    days = np.array([s.day for s in hours.sessions], "datetime64[D]").astype(np.int64) * DAY_MS
    return days, np.array([session.close_ms for session in hours.sessions], np.int64)


__all__ = ["check_rows"]
