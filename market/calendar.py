"""When the market trades: sessions, early closes, holidays and daylight saving, in UTC.

Built on `exchange_calendars`. Times come in as Unix milliseconds or aware datetimes; nothing here
reads a clock.
"""

from __future__ import annotations

import bisect
import difflib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import exchange_calendars
import numpy as np
import pandas as pd
from numpy.typing import NDArray

MINUTE_MS = 60_000
DAY_MS = 86_400_000
CLOSING_AUCTION_MS = 5 * MINUTE_MS
EXTENDED_OPEN_HOUR, EXTENDED_CLOSE_HOUR = 4, 20
YEARS_BACK, DAYS_AHEAD = 15, 370


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day. `open_ms` and `close_ms` bound regular hours, `[open, close)`.

    `first_ms` and `last_ms` bound the ticks that are taken: the closing auction prints after the
    close, and extended hours begin before the open.
    """

    day: date
    open_ms: int
    close_ms: int
    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class MarketStatus:
    """Whether the market is open at a moment, and when that changes. Times are aware UTC.

    `phase`: `regular`, `pre`, `post` or `closed`.
    """

    is_open: bool
    phase: str
    opens_at: datetime | None
    closes_at: datetime | None
    next_open: datetime
    session_day: date | None


class UnknownCalendar(ValueError):
    """No calendar of that name."""

    def __init__(self, name: str) -> None:
        names = exchange_calendars.get_calendar_names(include_aliases=True)
        near = difflib.get_close_matches(name.upper(), names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(
            f"MARKET_CALENDAR={name!r} is not a calendar.{hint} "
            "Examples: MARKET_CALENDAR=XNYS, MARKET_CALENDAR=24/7"
        )


class MarketCalendar:
    """The sessions of one market, `regular` or `extended` hours."""

    def __init__(self, name: str, hours: str = "regular", today: date | None = None) -> None:
        today = today or datetime.now(UTC).date()
        if name not in exchange_calendars.get_calendar_names(include_aliases=True):
            raise UnknownCalendar(name)
        self.name, self.hours = name, hours
        self._calendar = exchange_calendars.get_calendar(
            name,
            start=pd.Timestamp(today - timedelta(days=365 * YEARS_BACK)),
            end=pd.Timestamp(today + timedelta(days=DAYS_AHEAD)),
        )
        self.always_open = name == "24/7"
        self.zone = ZoneInfo(str(self._calendar.tz))

    @cached_property
    def sessions(self) -> list[Session]:
        """Every session of the calendar's span, in order."""
        schedule = self._calendar.schedule
        opens, closes = _unix_ms(schedule["open"]), _unix_ms(schedule["close"])
        days = [stamp.date() for stamp in schedule.index]
        return [
            self._session(day, start, end)
            for day, start, end in zip(days, opens, closes, strict=True)
        ]

    def _session(self, day: date, open_ms: int, close_ms: int) -> Session:
        if self.always_open:
            return Session(day, open_ms, close_ms, open_ms, close_ms)
        if self.hours == "extended":
            first, last = self._hour(day, EXTENDED_OPEN_HOUR), self._hour(day, EXTENDED_CLOSE_HOUR)
            return Session(day, open_ms, close_ms, first, last)
        return Session(day, open_ms, close_ms, open_ms, close_ms + CLOSING_AUCTION_MS)

    def _hour(self, day: date, hour: int) -> int:
        return to_ms(datetime(day.year, day.month, day.day, hour, tzinfo=self.zone))

    @cached_property
    def _firsts(self) -> list[int]:
        return [session.first_ms for session in self.sessions]

    def session_at(self, time_ms: int) -> Session | None:
        """The session that takes ticks of this moment, or None between sessions."""
        index = bisect.bisect_right(self._firsts, time_ms) - 1
        if index < 0:
            return None
        session = self.sessions[index]
        return session if time_ms < session.last_ms else None

    def next_session(self, time_ms: int) -> Session:
        """The first session that starts after this moment."""
        return self.sessions[bisect.bisect_right(self._firsts, time_ms)]

    def session_of_day(self, day: date) -> Session | None:
        """The session of a date, or None on a day without one."""
        index = bisect.bisect_left(self.sessions, day, key=lambda session: session.day)
        found = self.sessions[index] if index < len(self.sessions) else None
        return found if found is not None and found.day == day else None

    def session_start(self, time_ms: int) -> int:
        """Where session indicators of a bar at `time_ms` begin.

        The latest of: the start of the session's ticks, its regular open, and midnight in the
        market's own time zone, which stands in where the stream runs outside market hours.
        """
        moment = datetime.fromtimestamp(time_ms / 1000, self.zone)
        midnight = to_ms(moment.replace(hour=0, minute=0, second=0, microsecond=0))
        session = self.session_at(time_ms)
        if session is None:
            return midnight
        started = session.open_ms if time_ms >= session.open_ms else session.first_ms
        return max(midnight, started)

    def day_start(self, time_ms: int) -> int:
        """Where the trading day of `time_ms` begins: its first ticks, pre-market ones included."""
        session = self.session_at(time_ms)
        return self.session_start(time_ms) if session is None else session.first_ms

    def session_end(self, time_ms: int) -> int:
        """Where the session that `session_start` gives for `time_ms` ends.

        The end of the session's ticks, the regular open where that comes first, or the next
        midnight in the market's own time zone outside market hours.
        """
        moment = datetime.fromtimestamp(time_ms / 1000, self.zone)
        following = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        midnight = to_ms(following)
        session = self.session_at(time_ms)
        if session is None:
            later = self.next_session(time_ms)
            return min(midnight, later.first_ms)
        if time_ms < session.open_ms:
            return session.open_ms
        return midnight if self.always_open else min(midnight, session.last_ms)

    def regular_hours(self, minutes_ms: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which minutes lie in regular hours.

        Where ticks of regular hours alone are taken, the closing auction's minutes are among them;
        in extended hours they are the first of the post-market.
        """
        if self.always_open:
            return np.ones(len(minutes_ms), dtype=bool)
        opens, closes = self._regular_bounds
        index = np.searchsorted(opens, minutes_ms, side="right") - 1
        return (index >= 0) & (minutes_ms < closes[np.maximum(index, 0)])

    def in_session(self, times_ms: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which moments' ticks the chosen hours take."""
        if self.always_open:
            return np.ones(len(times_ms), dtype=bool)
        firsts, lasts = self._tick_bounds
        index = np.searchsorted(firsts, times_ms, side="right") - 1
        return (index >= 0) & (times_ms < lasts[np.maximum(index, 0)])

    @cached_property
    def _regular_bounds(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        opens = np.array([session.open_ms for session in self.sessions], dtype=np.int64)
        closes = np.array([session.close_ms for session in self.sessions], dtype=np.int64)
        return opens, closes + (0 if self.hours == "extended" else CLOSING_AUCTION_MS)

    @cached_property
    def _tick_bounds(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        firsts = np.array(self._firsts, dtype=np.int64)
        return firsts, np.array([session.last_ms for session in self.sessions], dtype=np.int64)

    def status(self, now: datetime) -> MarketStatus:
        """Open or closed at `now`, and when that changes."""
        now_ms = to_ms(now)
        day = self.session_of_day(now.astimezone(self.zone).date())
        is_open = day is not None and day.open_ms <= now_ms < day.close_ms
        following = self._next_open(now_ms)
        return MarketStatus(
            is_open=is_open,
            phase=self._phase(day, now_ms),
            opens_at=from_ms(day.open_ms) if day else None,
            closes_at=from_ms(day.close_ms) if day else None,
            next_open=from_ms(following.open_ms),
            session_day=day.day if day else None,
        )

    def _next_open(self, now_ms: int) -> Session:
        opens, _ = self._regular_bounds
        return self.sessions[int(np.searchsorted(opens, now_ms, side="right"))]

    def _phase(self, day: Session | None, now_ms: int) -> str:
        if day is None:
            return "closed"
        if day.open_ms <= now_ms < day.close_ms:
            return "regular"
        if self._hour(day.day, EXTENDED_OPEN_HOUR) <= now_ms < day.open_ms:
            return "pre"
        if day.close_ms <= now_ms < self._hour(day.day, EXTENDED_CLOSE_HOUR):
            return "post"
        return "closed"


def _unix_ms(times: pd.Series) -> list[int]:
    stamps = times.dt.tz_convert(None).to_numpy().astype("datetime64[ms]")
    return stamps.astype(np.int64).tolist()


@lru_cache(maxsize=8)
def calendar(name: str, hours: str = "regular") -> MarketCalendar:
    """The calendar `name`, made once a process."""
    return MarketCalendar(name, hours)


def configured_calendar() -> MarketCalendar:
    """The calendar that MARKET_CALENDAR and MARKET_SESSION name."""
    from django.conf import settings

    return calendar(settings.MARKET_CALENDAR, settings.MARKET_SESSION)


def market_status(now: datetime) -> MarketStatus:
    """`MarketCalendar.status` of the configured market."""
    return configured_calendar().status(now)


def to_ms(moment: datetime) -> int:
    """Unix milliseconds of an aware datetime."""
    return round(moment.timestamp() * 1000)


def from_ms(time_ms: int) -> datetime:
    """The aware UTC datetime of Unix milliseconds."""
    return datetime.fromtimestamp(time_ms / 1000, UTC)
