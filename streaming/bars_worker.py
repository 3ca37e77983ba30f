"""Entries into stored bars, and stored bars into indicators and detections.

Bars and position are one transaction, indicators, detections, outbox and their position the next;
then events go out. Every start reads its position: there is no other way to begin.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import redis
from django.db import transaction

from streaming import positions, store
from streaming.aggregate import MINUTE_MS, Aggregator, Outcome
from streaming.analyst import Analyst
from streaming.counters import Counters
from streaming.database import PatientDatabase
from streaming.gaps import save_gap
from streaming.journal import START, Entry, Journal, id_parts
from streaming.positions import Position
from streaming.slots import MinuteBars
from streaming.ticks import SymbolTable

logger = logging.getLogger(__name__)

REDIS_WAIT_SECS = 0.25


class Source(Protocol):
    """Where entries come from."""

    def take(self, after: str, timeout_secs: float) -> list[Entry]: ...


class Listener(Protocol):
    """What is told of stored bars."""

    def bars_stored(self, bars: MinuteBars, revised: bool) -> None: ...


class BarsWorker:
    """One shard of a feed's journal on its way into the database."""

    def __init__(
        self,
        journal: Journal,
        source: Source,
        symbols: SymbolTable,
        aggregator: Aggregator,
        analyst: Analyst,
        database: PatientDatabase,
        counters: Counters,
        listener: Listener,
    ) -> None:
        self.journal, self.source, self.symbols = journal, source, symbols
        self.aggregator, self.analyst = aggregator, analyst
        self._database, self._counters, self._listener = database, counters, listener
        self.read_through = START
        self._redis_away = False
        self.position: Position

    # --- start, which is recovery ---------------------------------------------------------------

    def start(self, position: Position) -> None:
        """Rebuild what memory held at `position`, and analyse what was stored but not analysed."""
        self.position = position
        self.read_through = position.applied_id
        if position.rewind_id != START:
            self.aggregator.continue_journal()
        if position.applied_id != START:
            for entry in self.journal.entries(position.rewind_id, position.applied_id):
                self._learn_names(entry)
                self.aggregator.apply(entry)
        self.aggregator.forget_counts()
        self.analyst.recover(position)

    def _learn_names(self, entry: Entry) -> None:
        if len(entry.batch) and int(entry.batch.symbol_id.max()) >= len(self.symbols):
            self.journal.refresh_symbols(self.symbols)

    # --- the loop -------------------------------------------------------------------------------

    def step(self, timeout_secs: float) -> bool:
        """Work through what the journal has; whether there was anything."""
        try:
            entries = self.source.take(self.read_through, timeout_secs)
            for entry in entries:
                self._learn_names(entry)
                self._apply(entry)
        except redis.RedisError as error:
            self._note_redis_away(error)
            time.sleep(min(timeout_secs, REDIS_WAIT_SECS))
            return False
        self._note_redis_back()
        return bool(entries)

    def _note_redis_away(self, error: redis.RedisError) -> None:
        if not self._redis_away:
            logger.error("the journal can not be read: %s", type(error).__name__)
            self._redis_away = True
        if not self._counters.redis_down_since_ms:
            self._counters.redis_down_since_ms = time.time_ns() // 1_000_000
            self._counters.error_count += 1

    def _note_redis_back(self) -> None:
        if self._redis_away:
            self._redis_away = False
            self._counters.redis_down_since_ms = 0

    def _apply(self, entry: Entry) -> None:
        outcome = self.aggregator.apply(entry)
        if entry.gap is not None:
            gap = entry.gap
            self._database.run(lambda connection: save_gap(connection, self.position.feed, gap))
        if outcome:
            self._save(outcome, entry.entry_id)
        else:
            self._advance()
        self.read_through = entry.entry_id
        self._count()

    def _advance(self) -> None:
        """A quiet minute ends longer bars, too."""
        self.analyst.advance((self.aggregator.closed_through + 1) * MINUTE_MS, self.position)
        self.position = self.analyst.position

    def _count(self) -> None:
        aggregator, counters = self.aggregator, self._counters
        counters.ticks_processed = aggregator.processed
        counters.late_ticks = aggregator.late
        for reason, count in aggregator.dropped.items():
            counters.dropped[reason] = count

    def _save(self, outcome: Outcome, entry_id: str) -> None:
        """One transaction a closed minute; the entry counts as applied with the last of them."""
        revised, closed = outcome.revised, outcome.closed
        self._counters.pending_minutes = len(closed)
        for index in range(max(1, len(closed))):
            minute = closed[index] if closed else None
            last = index >= len(closed) - 1
            self._store(revised, minute, entry_id if last else None)
            self.analyst.analyse(revised, minute, self.position)
            self.position = self.analyst.position
            revised = []
            self._counters.pending_minutes = max(0, len(closed) - index - 1)
        if closed:
            self.journal_trim()

    def _store(
        self, revised: list[MinuteBars], minute: MinuteBars | None, applied: str | None
    ) -> None:
        position = self._position_after(minute, applied)
        bars = revised if minute is None else [*revised, minute]
        written = self._database.run(
            lambda connection: store.save_minute(connection, bars, self.symbols, position)
        )
        self.position = position
        self._counters.bars_written += written
        for revision in revised:
            self._counters.bars_revised += len(revision)
            self._listener.bars_stored(revision, revised=True)
        if minute is not None:
            self._listener.bars_stored(minute, revised=False)

    def _position_after(self, minute: MinuteBars | None, applied: str | None) -> Position:
        """The place once `minute` is stored. `applied` None: the entry has further minutes, so a
        start has to read it again, from where it would have before.
        """
        position = self.position
        if minute is not None:
            stored = max(position.stored_through_ms, minute.minute_ms + MINUTE_MS)
            position = replace(position, stored_through_ms=stored)
        if applied is None:
            return position
        return replace(
            position,
            applied_id=applied,
            resume_id=self.aggregator.resume_id(applied),
            rewind_id=self.aggregator.rewind_id(applied),
        )

    def journal_trim(self) -> None:
        """Forget what no start will read again; a Redis that is away is trimmed later."""
        if id_parts(self.position.rewind_id) > id_parts(START):
            try:
                self.journal.trim(self.position.rewind_id)
            except redis.RedisError:
                logger.info("the journal will be trimmed when Redis is back")

    # --- a clean stop ---------------------------------------------------------------------------

    def store_open_minutes(self) -> None:
        """Store the open minutes as partial bars; the next start replaces them."""
        bars = self.aggregator.open_bars()
        if not bars:
            return
        self._database.run(lambda connection: self._save_partial(connection, bars))
        self._counters.bars_written += sum(len(minute) for minute in bars)
        for minute in bars:
            self._listener.bars_stored(minute, revised=False)

    def _save_partial(self, connection: Any, bars: Sequence[MinuteBars]) -> None:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            store.save_bars(cursor, bars, self.symbols, self.position.source)
            positions.save(cursor, self.position)
