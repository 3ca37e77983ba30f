"""Prices for many readers: conflated by symbol, each cut encoded once."""

from __future__ import annotations

from collections.abc import Mapping

from streaming.web.frames import event

Quote = list[float]


class PriceLog:
    """The last quote of every symbol, and the cuts (batches) in which they changed.

    A reader keeps the number of the last cut it got. One that is a cut behind gets that cut's
    frame; one further behind gets a single frame with the newest quote of every symbol that
    changed since, so the oldest updates are what it loses. Frames are encoded when the first
    reader asks and shared by all others at the same place.
    """

    def __init__(self, depth: int = 64) -> None:
        self.depth = depth
        self.latest: dict[str, Quote] = {}
        self.version = 0
        self._changed_in: dict[str, int] = {}
        self._pending: dict[str, Quote] = {}
        self._frames: dict[int, str] = {}
        self._pending_sent_ms = self._sent_ms = 0.0

    def offer(self, quotes: Mapping[str, Quote], sent_ms: float) -> None:
        """Take newer quotes; readers see them at the next cut."""
        self._pending.update(quotes)
        self._pending_sent_ms = sent_ms

    def cut(self) -> bool:
        """Make what was offered visible; False if there was nothing."""
        if not self._pending:
            return False
        self.version += 1
        self.latest.update(self._pending)
        self._changed_in.update(dict.fromkeys(self._pending, self.version))
        self._pending = {}
        self._sent_ms = self._pending_sent_ms
        self._frames = {}
        return True

    def clear(self) -> None:
        """Forget every quote: another session, perhaps of another market, begins."""
        self.version += 1
        self.latest, self._changed_in, self._pending, self._frames = {}, {}, {}, {}

    def since(self, version: int) -> dict[str, Quote]:
        """The newest quotes that a reader at `version` has not seen; all if it is far behind."""
        if self.version - version > self.depth:
            return self.latest
        changed = self._changed_in
        return {name: quote for name, quote in self.latest.items() if changed[name] > version}

    def frame(self, version: int, now_ms: float) -> str | None:
        """The text frame that brings a reader at `version` up to date; None if it is."""
        key = version if self.version - version <= self.depth else -1
        if key == self.version or not self.latest:
            return None
        if key not in self._frames:
            self._frames[key] = self._encode(self.since(version), now_ms)
        return self._frames[key]

    def _encode(self, quotes: dict[str, Quote], now_ms: float) -> str:
        return event("prices", now_ms, prices=quotes, sent_ms=self._sent_ms)
