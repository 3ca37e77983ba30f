"""Splits and dividends, applied where bars are read: history is stored as traded.

Prices before a split are multiplied by what one old share became worth, and volumes by how many
it became. Prices before an ex-date are multiplied by 1 - cash / close, of the close of the last bar
before it as traded: what CRSP calls the price factor, and how Yahoo Finance makes its adjusted
closes (https://help.yahoo.com/kb/SLN28256.html); volumes stay. So neither is a move. A bar is
adjusted for what is known at the moment for which it is read, never for what comes later.

Bars that came adjusted (`adjusted_history`) already hold what happened in their range. Only older
ones, which came as traded, do not: for them all of that happens where the range begins.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from django.conf import settings

from market.calendar import DAY_MS, from_ms, to_ms
from patterns.matrix import BarMatrix
from patterns.views import Floats

logger = logging.getLogger(__name__)

NIGHT_MS = 6 * 3_600_000
"""Into the day, UTC: after the evening's last trade in New York, before the morning's first."""

# The close before an ex-date is looked for a month back: nobody pays on shares that do not trade.
# A split between that close and the ex-date has changed the shares that the cash is paid on.
STORED = """
WITH known AS (
    SELECT symbol, execution_date AS day, split_from / split_to AS ratio, NULL::float8 AS cash
    FROM splits WHERE symbol = ANY(%(symbols)s)
    UNION ALL
    SELECT symbol, ex_date, NULL, sum(cash_amount)
    FROM dividends WHERE symbol = ANY(%(symbols)s) AND %(dividends)s
    GROUP BY symbol, ex_date
), effective AS (
    SELECT known.*, coalesce(came.first_day, known.day) AS since
    FROM known LEFT JOIN adjusted_history AS came ON came.symbol = known.symbol
        AND came.timeframe = %(timeframe)s
        AND known.day BETWEEN came.first_day AND came.last_day
)
SELECT event.symbol, event.since, event.ratio, event.cash, before.close * coalesce((
    SELECT exp(sum(ln(split_from / split_to))) FROM splits
    WHERE splits.symbol = event.symbol AND execution_date <= event.day
        AND execution_date > (before.timestamp AT TIME ZONE 'UTC')::date
), 1)
FROM effective AS event LEFT JOIN LATERAL (
    SELECT close, timestamp FROM ohlcv_daily AS bar
    WHERE event.cash IS NOT NULL AND bar.symbol = event.symbol
        AND bar.timestamp < event.day::timestamp AT TIME ZONE 'UTC'
        AND bar.timestamp >= (event.day - 31)::timestamp AT TIME ZONE 'UTC'
    ORDER BY bar.timestamp DESC LIMIT 1
) AS before ON true
WHERE event.since > %(after)s AND event.since <= %(until)s
ORDER BY event.since, event.day, event.symbol, event.cash NULLS FIRST
"""
PRICES = ("open", "high", "low", "close", "vwap")
NAMED = 5
"""How many dividends that can not be used are named in a log line."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What happened to a symbol's shares with the beginning of a day.

    price, volume: what prices and volumes of bars before it are multiplied by: 0.25 and 4 for a
    split of four for one; 0.995 and 1 for a dividend of half a dollar after a close of 100.
    """

    symbol: str
    day: date
    price: float
    volume: float

    @classmethod
    def split(cls, symbol: str, day: date, ratio: float) -> Adjustment:
        """ratio: old shares for a new one, 0.25 for four for one."""
        return cls(symbol, day, ratio, 1.0 / ratio)

    @classmethod
    def dividend(cls, symbol: str, day: date, cash: float, close: float | None) -> Adjustment:
        """cash: of one share. close: the last before the ex-date.

        Raises ValueError where there is none, or where it is no more than the cash.
        """
        if close is None or not cash < close:
            raise ValueError(f"{symbol} {day}: {cash:g} after a close of {close or 'nothing'}")
        return cls(symbol, day, 1.0 - cash / close, 1.0)

    @property
    def is_split(self) -> bool:
        """Whether there are other shares since, or cash was paid on the same ones."""
        return self.volume != 1.0

    @property
    def time_ms(self) -> int:
        """Bars that start before this moment are adjusted."""
        return self.day_ms + NIGHT_MS

    @property
    def day_ms(self) -> int:
        """The same for daily bars, whose time is 00:00 UTC of their date."""
        return to_ms(datetime.combine(self.day, datetime.min.time(), UTC))

    def since_ms(self, timeframe: str) -> int:
        """The same for bars of a timeframe."""
        return self.day_ms if timeframe == "1d" else self.time_ms


def load(
    cursor: Any,
    symbols: Sequence[str],
    until_ms: int,
    timeframe: str = "1m",
    after_ms: int = 0,
) -> list[Adjustment]:
    """What has happened to these symbols by `until_ms`, in order, as bars of a timeframe need it.

    after_ms: only what some bar of this time or later is adjusted for. Dividends are left out
    where `ADJUST_DIVIDENDS` is off; those that can not be used are logged and change nothing.
    """
    given = {
        "symbols": list(symbols),
        "timeframe": "1d" if timeframe == "1d" else "1m",
        "dividends": settings.ADJUST_DIVIDENDS,
        "after": from_ms(max(after_ms - DAY_MS, 0)).date(),
        "until": from_ms(max(until_ms - NIGHT_MS, 0)).date(),
    }
    cursor.execute(STORED, given)
    made: list[Adjustment] = []
    unusable: list[str] = []
    for symbol, day, ratio, cash, close in cursor.fetchall():
        try:
            made.append(_made(symbol, day, ratio, cash, close))
        except ValueError as error:
            unusable.append(str(error))
    if unusable:
        named = "; ".join(unusable[:NAMED])
        logger.info("Dividends that change nothing: %d (%s …)", len(unusable), named)
    return made


def _made(
    symbol: str, day: date, ratio: float | None, cash: float, close: float | None
) -> Adjustment:
    if ratio is not None:
        return Adjustment.split(symbol, day, ratio)
    return Adjustment.dividend(symbol, day, cash, close)


def factors(
    matrix: BarMatrix, known: Sequence[Adjustment], *, daily: bool = False
) -> tuple[Floats, Floats]:
    """What each bar's prices and volume have to be multiplied by; shapes (symbols, bars)."""
    price, volume = (np.ones(matrix.close.shape, order="F") for _ in range(2))
    rows = {name: row for row, name in enumerate(matrix.symbols)}
    for item in known:
        row = rows.get(item.symbol)
        if row is not None:
            before = matrix.time_ms[row] < (item.day_ms if daily else item.time_ms)
            price[row, before] *= item.price
            volume[row, before] *= item.volume
    return price, volume


def adjusted(matrix: BarMatrix, known: Sequence[Adjustment], *, daily: bool = False) -> BarMatrix:
    """The same bars in the shares of today, all cash paid."""
    return scaled(matrix, *factors(matrix, known, daily=daily)) if known else matrix


def scaled(matrix: BarMatrix, price: Floats, volume: Floats) -> BarMatrix:
    """The same bars, prices and volumes multiplied; shapes (symbols, bars)."""
    prices: dict[str, Any] = {
        name: np.asfortranarray(getattr(matrix, name) * price) for name in PRICES
    }
    return replace(matrix, volume=np.asfortranarray(matrix.volume * volume), **prices)
