"""The synthetic market's daily past, stored once, so that changes have a previous close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import connection, transaction

from market.calendar import DAY_MS, MarketCalendar, Session
from market.storage.copy import copy_columns, encode_names, timestamps
from streaming.feeds.synthetic.history import DailyHistory, daily_history

SESSIONS = 260
SOURCE = "synthetic"
NEWEST = "SELECT count(DISTINCT symbol) FROM ohlcv_daily WHERE timestamp = to_timestamp(%s)"
STAGING = """
CREATE TEMP TABLE incoming_days (symbol text, "timestamp" timestamptz, open float8, high float8,
    low float8, close float8, volume float8) ON COMMIT DROP
"""
INSERT = """
INSERT INTO ohlcv_daily (symbol, "timestamp", open, high, low, close, volume, source)
SELECT symbol, "timestamp", open, high, low, close, volume, %s FROM incoming_days
ON CONFLICT (symbol, "timestamp") DO NOTHING
"""


def past_sessions(calendar: MarketCalendar, now_ms: int) -> list[Session]:
    """The last `SESSIONS` sessions before today's."""
    today = now_ms // DAY_MS * DAY_MS
    return [session for session in calendar.sessions if session.close_ms < today][-SESSIONS:]


def day_ms(session: Session) -> int:
    """00:00 UTC of the session's date, which is a daily bar's timestamp."""
    return session.open_ms // DAY_MS * DAY_MS


def ensure_daily_history(
    symbols: Sequence[str], calendar: MarketCalendar, now_ms: int, seed: int
) -> int:
    """Store the daily bars that are missing; how many rows that were."""
    sessions = past_sessions(calendar, now_ms)
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [day_ms(sessions[-1]) / 1000])
        if cursor.fetchone()[0] >= len(symbols):
            return 0
    history = daily_history(symbols, [(s.open_ms, s.close_ms) for s in sessions], seed)
    columns = _columns(symbols, [day_ms(session) for session in sessions], history)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STAGING)
        copy_columns(cursor, "incoming_days", columns)
        cursor.execute(INSERT, [SOURCE])
        return int(cursor.rowcount)


def _columns(
    symbols: Sequence[str], days: Sequence[int], history: DailyHistory
) -> dict[str, tuple[str, Any]]:
    """One row a session and symbol, session by session as the history has them."""
    names = np.tile(encode_names(symbols), len(days))
    times = np.repeat(timestamps(np.array(days)), len(symbols))
    made: dict[str, tuple[str, Any]] = {
        "symbol": ("text", names),
        '"timestamp"': ("i8", times),
    }
    for field in ("open", "high", "low", "close", "volume"):
        made[field] = ("f8", getattr(history, field).reshape(-1))
    return made
