"""What prices are told against: previous closes, and the session's volume so far."""

from __future__ import annotations

from django.db import connection

from market.calendar import MarketCalendar, from_ms, to_ms
from patterns import adjustments

PREVIOUS_CLOSES = """
SELECT DISTINCT ON (symbol) symbol, timestamp, close FROM ohlcv_daily
WHERE timestamp < %s AND timestamp > %s::timestamptz - interval '10 days'
ORDER BY symbol, timestamp DESC
"""
SESSION_VOLUMES = """
SELECT symbol, sum(volume) FROM ohlcv_1min WHERE timestamp >= %s GROUP BY symbol
"""


def previous_closes(calendar: MarketCalendar, now_ms: int) -> dict[str, float]:
    """Each symbol's close of the last daily bar before the session of this moment.

    In the shares of that session: a split is no fall, and what is paid out is not lost.
    """
    day = from_ms(now_ms).astimezone(calendar.zone).date()
    with connection.cursor() as cursor:
        cursor.execute(PREVIOUS_CLOSES, [f"{day}T00:00:00Z", f"{day}T00:00:00Z"])
        found = {symbol: (to_ms(moment), close) for symbol, moment, close in cursor.fetchall()}
        oldest_ms = min((time_ms for time_ms, _ in found.values()), default=now_ms)
        known = adjustments.load(cursor, list(found), now_ms, "1d", oldest_ms)
    for item in known:
        time_ms, close = found[item.symbol]
        if time_ms < item.day_ms:
            found[item.symbol] = time_ms, close * item.price
    return {symbol: close for symbol, (_, close) in found.items()}


def session_volumes(start_ms: int) -> dict[str, float]:
    """Each symbol's volume in the stored bars of the session that began at `start_ms`."""
    with connection.cursor() as cursor:
        cursor.execute(SESSION_VOLUMES, [from_ms(start_ms)])
        return dict(cursor.fetchall())
