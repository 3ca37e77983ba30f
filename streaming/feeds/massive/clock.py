"""What time it is on the feed: its newest trade, moved on by our clock when trades are rare.

Pure: times come in as arguments, in Unix ms; "wall" is our clock, "event" the feed's.
"""

from __future__ import annotations

WINDOW_MS = 60_000


class EventClock:
    """Event time, and how far it is behind the wall's (15 minutes on a delayed feed)."""

    def __init__(self) -> None:
        self.newest_ms: int | None = None
        self._window_started = 0
        self._this: tuple[int, int] | None = None
        self._last: tuple[int, int] | None = None

    def observe(self, wall_ms: int, event_ms: int) -> None:
        """A trade of `event_ms` arrived at `wall_ms`; older ones than the newest tell nothing."""
        if self.newest_ms is not None and event_ms <= self.newest_ms:
            return
        self.newest_ms = event_ms
        if wall_ms - self._window_started >= WINDOW_MS:
            self._last, self._this = self._this, None
            self._window_started = wall_ms
        delay = wall_ms - event_ms
        least, most = self._this or (delay, delay)
        self._this = (min(least, delay), max(most, delay))

    @property
    def knows(self) -> bool:
        """Whether a trade was seen yet."""
        return self.newest_ms is not None

    def surely(self, wall_ms: int) -> int | None:
        """The event time that trades have surely reached us up to, if all is well."""
        if self.newest_ms is None:
            return None
        return max(self.newest_ms, wall_ms - max(most for _, most in self._delays()))

    def at_most(self, wall_ms: int) -> int | None:
        """The newest event time that can have been sent by `wall_ms`."""
        if self.newest_ms is None:
            return None
        return wall_ms - min(least for least, _ in self._delays())

    def _delays(self) -> list[tuple[int, int]]:
        return [window for window in (self._this, self._last) if window is not None]
