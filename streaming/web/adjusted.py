"""A chart's bars in the shares of its newest: adjusted as history is for detectors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import connections

from market.calendar import MINUTE_MS, configured_calendar, to_ms
from patterns import adjustments
from streaming.web.database import ALIAS
from streaming.web.history import newest_bar

PRICES = ("open", "high", "low", "close", "vwap")


def adjusted(symbol: str, timeframe: str, bars: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The bars, oldest first, for the splits and dividends that are known now.

    Those that had to be multiplied tell by how much: `price_factor`. Prices of detections and
    indicators, which are in the shares of their own day, take their place beside them by it.
    """
    if not bars:
        return bars
    until_ms = known_until_ms(newest_bar(), datetime.now(UTC))
    with connections[ALIAS].cursor() as cursor:
        known = adjustments.load(cursor, [symbol], until_ms, timeframe, to_ms(bars[0]["timestamp"]))
    return [_adjusted(bar, known, timeframe) for bar in bars] if known else bars


def known_until_ms(newest: datetime | None, now: datetime) -> int:
    """Up to when the market has come, by its newest minute: a replay's clock is not ours.

    Once a session has ended, the next one is awaited: what happens before it is known.
    """
    now_ms = to_ms(now)
    if newest is None:
        return now_ms
    end_ms = to_ms(newest) + MINUTE_MS
    calendar = configured_calendar()
    if calendar.session_at(end_ms) is not None:
        return min(end_ms, now_ms)
    return min(calendar.next_session(end_ms).first_ms, now_ms)


def _adjusted(
    bar: dict[str, Any], known: list[adjustments.Adjustment], timeframe: str
) -> dict[str, Any]:
    price = volume = 1.0
    for item in known:
        if to_ms(bar["timestamp"]) < item.since_ms(timeframe):
            price, volume = price * item.price, volume * item.volume
    if price == volume == 1.0:
        return bar
    prices = {side: None if bar[side] is None else bar[side] * price for side in PRICES}
    return bar | prices | {"volume": bar["volume"] * volume, "price_factor": price}
