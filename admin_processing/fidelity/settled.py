"""Which stored minutes nobody changes any more: those that a repair may touch. Pure.

A stream revises bars for 15 minutes, and holds the bars of its session in memory: it would write
over what was healed, and go on with what it remembers. So minutes are left to it until their
session has ended for `REVISED_MS`.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from admin_processing.fidelity.grid import Mask
from admin_processing.providers.base import Ints
from market.calendar import CLOSING_AUCTION_MS, MINUTE_MS, MarketCalendar, Session

REVISED_MS = 16 * MINUTE_MS


def settled_until(hours: MarketCalendar, now_ms: int) -> int:
    """The minutes that start before this moment (Unix ms) are nobody's any more.

    The beginning of the session that goes on, or ended within `REVISED_MS`; else now.
    """
    going_on = [s.first_ms for s in sessions_near(hours, now_ms) if now_ms < s.last_ms + REVISED_MS]
    return min(going_on, default=now_ms)


def sessions_near(hours: MarketCalendar, now_ms: int) -> list[Session]:
    """The last sessions that have begun, oldest first."""
    return [s for s in hours.sessions if s.first_ms <= now_ms][-3:]


def settled_sessions(hours: MarketCalendar, first: date, last: date, now_ms: int) -> list[Session]:
    """The sessions of these days, both included, that are settled; oldest first."""
    until_ms = settled_until(hours, now_ms)
    return [s for s in hours.sessions if first <= s.day <= last and s.last_ms <= until_ms]


def last_sessions(hours: MarketCalendar, count: int, now_ms: int) -> list[Session]:
    """The last so many settled sessions, oldest first."""
    until_ms = settled_until(hours, now_ms)
    return [s for s in hours.sessions if s.last_ms <= until_ms][-count:]


def minutes_of(session: Session) -> Ints:
    """The starts of a session's minutes."""
    return np.arange(session.first_ms, session.last_ms, MINUTE_MS)


def minutes_touched(hours: MarketCalendar, start_ms: int, end_ms: int) -> Ints:
    """The session minutes that `[start, end)` touches."""
    first = start_ms // MINUTE_MS * MINUTE_MS
    minutes = np.arange(first, max(end_ms, start_ms + 1), MINUTE_MS)
    return minutes[hours.in_session(minutes)]


def auction_minutes(session: Session, hours: MarketCalendar, minutes_ms: Ints) -> Mask:
    """The minutes after the close that a regular session keeps for the closing auction."""
    if hours.always_open or hours.hours == "extended":
        return np.zeros(len(minutes_ms), np.bool_)
    end_ms = session.close_ms + CLOSING_AUCTION_MS
    return (minutes_ms >= session.close_ms) & (minutes_ms < end_ms)
