"""What prices are told against: previous closes, and the session's volume so far."""

from __future__ import annotations

from django.db import connection

from market.calendar import MarketCalendar, from_ms

PREVIOUS_CLOSES = """
SELECT DISTINCT ON (symbol) symbol, close FROM ohlcv_daily
WHERE timestamp < %s AND timestamp > %s::timestamptz - interval '10 days'
ORDER BY symbol, timestamp DESC
"""
SESSION_VOLUMES = """
SELECT symbol, sum(volume) FROM ohlcv_1min WHERE timestamp >= %s GROUP BY symbol
"""


def previous_closes(calendar: MarketCalendar, now_ms: int) -> dict[str, float]:
    """Each symbol's close of the last daily bar before the session of this moment."""
    day = from_ms(now_ms).astimezone(calendar.zone).date()
    with connection.cursor() as cursor:
        cursor.execute(PREVIOUS_CLOSES, [f"{day}T00:00:00Z", f"{day}T00:00:00Z"])
        return dict(cursor.fetchall())


def session_volumes(start_ms: int) -> dict[str, float]:
    """Each symbol's volume in the stored bars of the session that began at `start_ms`."""
    with connection.cursor() as cursor:
        cursor.execute(SESSION_VOLUMES, [from_ms(start_ms)])
        return dict(cursor.fetchall())
