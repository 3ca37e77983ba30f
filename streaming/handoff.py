"""Entries from the feed's thread to the bars': straight through memory, or from the journal.

The journal is the truth; memory is the short way. Where the bars fall behind by more than the
bound, the entries in memory are let go and the bars read on from the journal until they have
caught up. A start is the same: it begins behind.
"""

from __future__ import annotations

import threading
from collections import deque

import redis

from streaming.journal import Entry, Journal, id_parts

BOUND_ENTRIES = 4096
BOUND_TICKS = 500_000


class Handoff:
    """A bounded queue with one writer and one reader, who reads the journal when it overflows."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._entries: deque[Entry] = deque()
        self._ticks = 0
        self._ready = threading.Condition()
        self._behind = True

    def put(self, entry: Entry) -> None:
        """Called by the writer once the journal has the entry."""
        with self._ready:
            if not self._behind:
                self._entries.append(entry)
                self._ticks += len(entry.batch)
                if len(self._entries) > BOUND_ENTRIES or self._ticks > BOUND_TICKS:
                    self._fall_behind()
            self._ready.notify()

    def _fall_behind(self) -> None:
        self._behind = True
        self._clear()

    def _clear(self) -> None:
        self._entries.clear()
        self._ticks = 0

    def take(self, after: str, timeout_secs: float) -> list[Entry]:
        """The entries that follow `after`, in order; waits up to `timeout_secs` for one."""
        if self._behind:
            return self._catch_up(after)
        with self._ready:
            if not self._entries and not self._behind:
                self._ready.wait(timeout_secs)
            taken = list(self._entries)
            self._clear()
        last = id_parts(after)
        return [entry for entry in taken if id_parts(entry.entry_id) > last]

    def _catch_up(self, after: str) -> list[Entry]:
        entries = self._journal.read(after)
        if entries:
            return entries
        # From here on the writer's entries stay in memory; one more look at the journal finds
        # those that were appended before it knew.
        with self._ready:
            self._behind = False
        try:
            entries = self._journal.read(after, count=BOUND_ENTRIES)
        except redis.RedisError:
            self._stay_behind()
            raise
        if len(entries) == BOUND_ENTRIES:
            # There may be more than were asked for, which memory does not have.
            self._stay_behind()
        return entries

    def _stay_behind(self) -> None:
        with self._ready:
            self._fall_behind()


class JournalSource:
    """The entries of a shard whose feed is another process."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def take(self, after: str, timeout_secs: float) -> list[Entry]:
        """The entries that follow `after`, in order; waits up to `timeout_secs` for one."""
        return self._journal.wait(after, max(1, int(timeout_secs * 1000)))
