"""Detections for many readers: filters, the shared log, and each reader's place in it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from streaming.web.ring import Ring

REMEMBERED = 2048
EVENT_TYPES = ("pattern_detected", "pattern_revised", "pattern_state", "alert")


@dataclass(frozen=True, slots=True)
class DetectionFilter:
    """Which detections a reader wants; an empty set lets everything through."""

    symbols: frozenset[str] = frozenset()
    pattern_types: frozenset[str] = frozenset()
    directions: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    timeframes: frozenset[str] = frozenset()
    min_confidence: float = 0.0

    def accepts(self, pattern: dict[str, Any]) -> bool:
        """Whether a contract `pattern` object passes; a missing field passes only no filter."""
        return (
            (not self.symbols or pattern.get("symbol") in self.symbols)
            and (not self.pattern_types or pattern.get("pattern_type") in self.pattern_types)
            and (not self.directions or pattern.get("direction") in self.directions)
            and (not self.tiers or pattern.get("tier") in self.tiers)
            and (not self.timeframes or pattern.get("timeframe") in self.timeframes)
            and (self.min_confidence <= 0 or pattern.get("confidence", 0) >= self.min_confidence)
        )


@dataclass(slots=True)
class DetectionEntry:
    """One published event about a detection."""

    seq: int
    pattern: dict[str, Any]
    frame: str
    delivered: bool = False


class DetectionLog:
    """The newest detection events in the order in which they came, each once."""

    def __init__(self, capacity: int = 4096) -> None:
        self.ring: Ring[DetectionEntry] = Ring(capacity)
        self.remembered = 2 * capacity
        self.newest_seq = 0
        self._seen: OrderedDict[int, None] = OrderedDict()

    def add(self, entry: DetectionEntry) -> bool:
        """Append unless an event with this `seq` was here before (delivery is at least once)."""
        if entry.seq in self._seen:
            return False
        self._seen[entry.seq] = None
        if len(self._seen) > self.remembered:
            self._seen.popitem(last=False)
        self.newest_seq = max(self.newest_seq, entry.seq)
        self.ring.append(entry)
        return True


@dataclass(slots=True)
class DetectionCursor:
    """A reader's place: its position in the log, and up to which `seq` it has everything.

    position: where in the log the live events that it has not got begin.
    early: what it got live before it first said where it wants to resume.
    stored: what it got from the database and may meet again, live.
    """

    position: int
    seq: int = 0
    wanted: DetectionFilter = field(default_factory=DetectionFilter)
    early: set[int] | None = field(default_factory=set)
    stored: set[int] = field(default_factory=set)
    skipped: set[int] = field(default_factory=set)

    def resume(self, log: DetectionLog, after_seq: int) -> None:
        """Start over after `after_seq`: live events from here on, the rest from the database.

        The log's end is noted before the database is read, so an event that is published
        meanwhile is in one of the two, and `stored` keeps it from being sent twice.
        """
        self.position, self.seq = log.ring.end, after_seq
        self.skipped, self.early = self.early or set(), None

    def take_page(self, page: list[DetectionEntry]) -> list[DetectionEntry]:
        """The entries of one page read from the database, by seq, that are to be sent."""
        for entry in page:
            self.seq = max(self.seq, entry.seq)
            self.stored.add(entry.seq)
        if len(self.stored) > 2 * REMEMBERED:
            self.stored = set(sorted(self.stored)[-REMEMBERED:])
        fresh = [entry for entry in page if entry.seq not in self.skipped]
        return [entry for entry in fresh if self.wanted.accepts(entry.pattern)]

    def take_live(self, log: DetectionLog) -> list[DetectionEntry] | None:
        """New entries of the log that are to be sent; None if some were lost: read the database."""
        entries, lost = log.ring.since(self.position)
        if lost:
            return None
        self.position = log.ring.end
        fresh = [entry for entry in entries if entry.seq not in self.stored]
        self.stored.difference_update(entry.seq for entry in entries)
        self.seq = max([self.seq, *(entry.seq for entry in fresh)])
        wanted = [entry for entry in fresh if self.wanted.accepts(entry.pattern)]
        self._note_early(wanted)
        return wanted

    def _note_early(self, sent: list[DetectionEntry]) -> None:
        if self.early is not None:
            self.early.update(entry.seq for entry in sent)
            if len(self.early) > REMEMBERED:
                self.early = None
