"""The sink of a feed: every batch goes to the journal before anything else is made of it.

While Redis is away, entries wait in memory up to a bound; over it the oldest ticks are let go,
counted, and entered as a gap. A single writer makes the ids, so an append may be repeated.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

import redis

from streaming.counters import Counters
from streaming.feeds.base import FeedGap
from streaming.journal import Entry, Journal, Kind
from streaming.ticks import SymbolTable, TickBatch, empty_batch

logger = logging.getLogger(__name__)

RETRY_SECS = 0.25
LENGTH_CHECK_SECS = 2.0

Listener = Callable[[Entry], None]


def shard_of(batch: TickBatch, shard: int, shards: int) -> TickBatch:
    """The ticks of one shard: symbols are dealt out by id."""
    return batch if shards == 1 else batch.take(batch.symbol_id % shards == shard)


class JournalWriter:
    """A `FeedSink` that journals; `listeners` get each tick entry once the journal has it."""

    def __init__(
        self,
        journals: Sequence[Journal],
        symbols: SymbolTable,
        counters: Counters,
        listeners: Sequence[Listener] = (),
        buffer_ticks: int = 2_000_000,
        max_entries: int = 1_000_000,
    ) -> None:
        self.symbols = symbols
        self._journals = list(journals)
        self._counters = counters
        self._listeners = list(listeners)
        self._buffer_ticks, self._max_entries = buffer_ticks, max_entries
        self._waiting: deque[Entry] = deque()
        self._lost: FeedGap | None = None
        self._lost_id = ""
        self._retry_at = 0.0
        self._check_at = 0.0
        self._full = False

    # --- what the feed calls --------------------------------------------------------------------

    def ticks(self, batch: TickBatch, position: bytes = b"", received_ms: int = 0) -> None:
        """Journal decoded trades."""
        if not len(batch):
            return
        received_ms = received_ms or time.time_ns() // 1_000_000
        self._counters.ticks_received += len(batch)
        self._counters.newest_tick_ms = max(self._counters.newest_tick_ms, int(batch.time_ms[-1]))
        self._counters.last_received_ms = received_ms
        self._write(Entry(self._id(), Kind.TICKS, 0, batch, None, position, received_ms))

    def clock(self, time_ms: int, position: bytes = b"") -> None:
        """Journal the feed's newest event time."""
        self._write(Entry(self._id(), Kind.CLOCK, time_ms, empty_batch(), None, position))

    def gap(self, gap: FeedGap) -> None:
        """Journal a gap: its minutes will be marked partial, and it goes to the gap ledger."""
        self._write(Entry(self._id(), Kind.GAP, 0, empty_batch(), gap))

    def connected(self, connected: bool, detail: str) -> None:
        """Note the connection's state."""
        if connected != self._counters.feed_connected:
            logger.info("feed %s: %s", "connected" if connected else "disconnected", detail)
        self._counters.feed_connected, self._counters.feed_detail = connected, detail

    def rejected(self, reason: str, count: int = 1, sample: bytes = b"") -> None:
        """Count what was set aside; the first of each reason is shown."""
        if not self._counters.rejected[reason]:
            logger.warning("set aside, %s: %r", reason, sample[:200])
        self._counters.rejected[reason] += count

    def silent(self, symbols: Sequence[str]) -> None:
        """Note the symbols that have been silent for long."""
        self._counters.silent_symbols = tuple(symbols)

    # --- the way to Redis -----------------------------------------------------------------------

    def _id(self) -> str:
        return self._journals[0].next_id()

    def _write(self, entry: Entry) -> None:
        self._waiting.append(entry)
        self.flush()

    def flush(self) -> bool:
        """Append what waits; whether nothing waits any more."""
        if time.monotonic() >= self._retry_at:
            self._append_waiting()
        if self._waiting:
            self._keep_bound()
        self._counters.buffered_ticks = sum(len(entry.batch) for entry in self._waiting)
        return not self._waiting

    def _append_waiting(self) -> None:
        try:
            if self._is_full():
                return
            self._append_lost_gap()
            while self._waiting:
                self._append(self._waiting[0])
                self._announce(self._waiting.popleft())
        except redis.RedisError as error:
            self._retry_at = time.monotonic() + RETRY_SECS
            if not self._counters.redis_down_since_ms:
                self._counters.redis_down_since_ms = time.time_ns() // 1_000_000
                self._counters.error_count += 1
                logger.error("Redis does not take the journal: %s", type(error).__name__)
        else:
            if self._counters.redis_down_since_ms:
                logger.info("Redis takes the journal again")
            self._counters.redis_down_since_ms = 0

    def _append(self, entry: Entry) -> None:
        (first, part), *others = zip(self._journals, self._parts(entry), strict=True)
        first.append(part, self.symbols, others)

    def _parts(self, entry: Entry) -> list[Entry]:
        """What each shard's journal gets: its own ticks, and the time that all of them tell."""
        shards = len(self._journals)
        if shards == 1:
            return [entry]
        newest = int(entry.batch.time_ms.max()) if len(entry.batch) else 0
        whole = replace(entry, clock_ms=max(entry.clock_ms, newest))
        return [
            replace(whole, batch=shard_of(entry.batch, shard, shards)) for shard in range(shards)
        ]

    def _announce(self, entry: Entry) -> None:
        for listener in self._listeners:
            listener(entry)

    def _is_full(self) -> bool:
        """Whether the journal has reached its bound, because its bars are not being stored."""
        if time.monotonic() >= self._check_at:
            self._check_at = time.monotonic() + LENGTH_CHECK_SECS
            full = max(len(journal) for journal in self._journals) >= self._max_entries
            if full and not self._full:
                logger.error("the journal is at its bound of %d entries", self._max_entries)
                self._counters.error_count += 1
            self._full = full
        return self._full

    # --- the bound ------------------------------------------------------------------------------

    def _keep_bound(self) -> None:
        held = sum(len(entry.batch) for entry in self._waiting)
        while held > self._buffer_ticks and len(self._waiting) > 1:
            dropped = self._waiting.popleft()
            held -= len(dropped.batch)
            if len(dropped.batch):
                self._lose(dropped)

    def _lose(self, entry: Entry) -> None:
        batch, self._lost_id = entry.batch, entry.entry_id
        self._counters.dropped["no_room"] += len(batch)
        first, last = int(batch.time_ms.min()), int(batch.time_ms.max()) + 1
        if self._lost is not None:
            first, last = min(first, self._lost.started_ms), max(last, self._lost.ended_ms)
        self._lost = FeedGap(first, last, "Redis away for longer than the buffer holds")

    def _append_lost_gap(self) -> None:
        if self._lost is None:
            return
        # The id of the last entry that was let go: free, and before those that wait.
        entry = Entry(self._lost_id, Kind.GAP, 0, empty_batch(), self._lost)
        self._append(entry)
        self._announce(entry)
        self._lost = None
