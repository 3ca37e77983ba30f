"""When a streaming session should be open: the market's hours, or at once where they are ignored.

Pure: the calendar and the time come in as arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from market.calendar import MarketCalendar, Session

CLOSE_PATIENCE_MS = 120_000


@dataclass(frozen=True, slots=True)
class SessionWindow:
    """Ticks are taken in `[start_ms, end_ms)`; `end_ms` None means until the stream is stopped.

    `day` is the trading day, None where no trading day bounds the window.
    """

    start_ms: int
    end_ms: int | None
    day: date | None


def should_stream(
    calendar: MarketCalendar, now_ms: int, ignore_market_hours: bool
) -> SessionWindow | None:
    """The window that is open at `now_ms`, or None: the market is closed, so wait."""
    if ignore_market_hours:
        return SessionWindow(now_ms, None, None)
    session = calendar.session_at(now_ms)
    return None if session is None else _window(calendar, session)


def next_window(calendar: MarketCalendar, now_ms: int) -> SessionWindow:
    """The first window that starts after `now_ms`."""
    return _window(calendar, calendar.next_session(now_ms))


def should_close(window: SessionWindow, watermark_ms: int, now_ms: int) -> bool:
    """Whether the window is over: its last minute has closed, or has had its time to.

    watermark_ms: the feed's event time less its grace. A feed that fell silent before the close
    never carries its watermark past it, so the session ends anyway after `CLOSE_PATIENCE_MS`.
    """
    if window.end_ms is None or now_ms < window.end_ms:
        return False
    return watermark_ms >= window.end_ms or now_ms >= window.end_ms + CLOSE_PATIENCE_MS


def _window(calendar: MarketCalendar, session: Session) -> SessionWindow:
    if calendar.always_open:
        return SessionWindow(session.first_ms, None, None)
    return SessionWindow(session.first_ms, session.last_ms, session.day)
