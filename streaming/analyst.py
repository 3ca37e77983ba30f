"""Stored bars into indicators and detections, and both into the database and out as events."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from django.db import transaction

from patterns import outbox
from patterns import store as pattern_store
from patterns.analysis import MinuteAnalysis
from patterns.engine import LiveEngine
from patterns.registry import Registry
from streaming import positions
from streaming.counters import Counters
from streaming.database import PatientDatabase
from streaming.positions import Position
from streaming.slots import MinuteBars
from streaming.ticks import SymbolTable

logger = logging.getLogger(__name__)

MINUTE_MS = 60_000
REANALYSED_MINUTES = 16


class Listener(Protocol):
    """What is told of analyses once they are in the database."""

    def analysed(self, analyses: Sequence[MinuteAnalysis]) -> None: ...

    def outbox_filled(self) -> None: ...


class Analyst:
    """Runs the engine over each closed minute and each revision, and saves what it finds."""

    def __init__(
        self,
        symbols: SymbolTable,
        registry: Registry,
        session_start: Callable[[int], int],
        database: PatientDatabase,
        counters: Counters,
        listener: Listener,
    ) -> None:
        self._symbols = symbols
        self._engine = LiveEngine(symbols.names, registry, session_start)
        self._database, self._counters, self._listener = database, counters, listener
        self._warmed = 0
        self.position: Position

    def recover(self, position: Position) -> None:
        """Take up where the last process stopped.

        The last minutes are analysed again from their stored bars: what was stored but not
        analysed is made up for, the rest is found equal and left alone.
        """
        self.position = position
        if position.analysed_through_ms:
            start = position.analysed_through_ms - REANALYSED_MINUTES * MINUTE_MS
            self._warm(start)
            for minute in self._stored_minutes(start, position.stored_through_ms):
                self._save([self._engine.close(minute)], minute.minute_ms + MINUTE_MS)
        self._listener.outbox_filled()

    def _stored_minutes(self, start_ms: int, end_ms: int) -> Sequence[Any]:
        def load(connection: Any) -> Sequence[Any]:
            with connection.cursor() as cursor:
                return pattern_store.load_minutes(cursor, self._symbols.names, start_ms, end_ms)

        return self._database.run(load)

    def analyse(
        self, revised: Sequence[MinuteBars], minute: MinuteBars | None, position: Position
    ) -> None:
        """Work through revisions, then a closed minute; `position` is that of the stored bars."""
        self.position = position
        first = minute.minute_ms if minute is not None else revised[0].minute_ms
        self._warm(first)
        analyses = self._engine.revise(list(revised)) if revised else []
        through = position.analysed_through_ms
        if minute is not None and minute.minute_ms + MINUTE_MS > through:
            analyses = [*analyses, self._engine.close(minute)]
            through = minute.minute_ms + MINUTE_MS
        self._save(analyses, through)

    def _warm(self, until_ms: int) -> None:
        """Load the history of symbols that are new, up to the first bar they will get."""
        names = self._symbols.names[self._warmed :]
        if not names:
            return

        def load(connection: Any) -> None:
            with connection.cursor() as cursor:
                pattern_store.warm(cursor, self._engine, until_ms=until_ms, symbols=names)

        self._database.run(load)
        self._warmed += len(names)

    def _save(self, analyses: Sequence[MinuteAnalysis], through_ms: int) -> None:
        position = replace(
            self.position, analysed_through_ms=max(through_ms, self.position.analysed_through_ms)
        )

        def write(connection: Any) -> pattern_store.SaveResult:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                positions.save(cursor, position)
                return pattern_store.save(cursor, analyses, datetime.now(UTC))

        saved = self._database.run(write)
        self.position = position
        self._counters.patterns_detected += saved.formed
        self._counters.indicators_calculated += saved.indicator_values
        self._listener.analysed(analyses)
        if saved.formed or saved.revised:
            self._listener.outbox_filled()


def send_outbox(connection: Any, send: Callable[[list[tuple[str, bytes]]], bool]) -> int:
    """Publish the events that wait in the database, in order; how many went out.

    send: publishes encoded events and tells whether Redis took them. Those that it did not take
    wait for the next call; those it took may go out twice where this process dies in between.
    """
    sent = 0
    with connection.cursor() as cursor:
        while rows := outbox.pending(cursor):
            if not send([(channel, event.encode()) for _, channel, event in rows]):
                break
            outbox.forget(cursor, [row[0] for row in rows])
            sent += len(rows)
    return sent
