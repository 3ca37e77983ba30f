"""Stored bars into indicators and detections, and both into the database and out as events."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from django.db import transaction

from market.calendar import from_ms
from patterns import combo_rows, outbox, rolled_rows
from patterns import store as pattern_store
from patterns.analysis import MinuteAnalysis
from patterns.registry import Registry
from patterns.rolled import RolledBars, SessionHours
from streaming import positions
from streaming.counters import Counters
from streaming.database import PatientDatabase
from streaming.detector_settings import DetectorSettings, changed_since
from streaming.market_sessions import MarketSessions
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
    """Runs the engines over each closed minute and each revision, and saves what they find."""

    def __init__(
        self,
        symbols: SymbolTable,
        registry: Registry,
        hours: SessionHours,
        database: PatientDatabase,
        counters: Counters,
        listener: Listener,
    ) -> None:
        self._symbols, self._hours = symbols, hours
        self._settings = DetectorSettings(registry)
        self._database, self._counters, self._listener = database, counters, listener
        self._sessions = self._begin(registry)
        self._warmed = 0
        self.position: Position

    # --- start, which is recovery ---------------------------------------------------------------

    def recover(self, position: Position) -> None:
        """Take up where the last process stopped.

        The last minutes are analysed again from their stored bars: what was stored but not
        analysed is made up for, the rest is found equal and left alone. A detector that was set
        otherwise since then does not judge minutes that it had judged before.
        """
        self.position = position
        self._follow_settings(0)
        if position.analysed_through_ms:
            start = position.analysed_through_ms - REANALYSED_MINUTES * MINUTE_MS
            self._warm(start)
            self._sessions.take_up(start)
            for minute in self._stored_minutes(start, position.stored_through_ms):
                end = minute.minute_ms + MINUTE_MS
                known = end <= position.analysed_through_ms
                silent = self._changed_since(end) if known else set()
                self._save(self._sessions.close(minute), end, silent)
        self._listener.outbox_filled()

    def _stored_minutes(self, start_ms: int, end_ms: int) -> Sequence[Any]:
        def load(connection: Any) -> Sequence[Any]:
            with connection.cursor() as cursor:
                return pattern_store.load_minutes(cursor, self._symbols.names, start_ms, end_ms)

        return self._database.run(load)

    def _changed_since(self, time_ms: int) -> set[str]:
        return self._database.run(lambda connection: changed_since(connection, from_ms(time_ms)))

    # --- minute by minute -----------------------------------------------------------------------

    def analyse(
        self, revised: Sequence[MinuteBars], minute: MinuteBars | None, position: Position
    ) -> None:
        """Work through revisions, then a closed minute; `position` is that of the stored bars."""
        self.position = position
        first = minute.minute_ms if minute is not None else revised[0].minute_ms
        self._follow_settings(first)
        self._warm(first)
        analyses = self._sessions.engine.revise(list(revised)) if revised else []
        through = position.analysed_through_ms
        if minute is not None and minute.minute_ms + MINUTE_MS > through:
            analyses = [*analyses, *self._sessions.close(minute)]
            through = minute.minute_ms + MINUTE_MS
        self._save(analyses, through)

    def advance(self, through_ms: int, position: Position) -> None:
        """All minutes before `through` are closed: longer bars that end by then are complete.

        Nearly always the minute that ends them has closed them; not where nobody traded in it.
        """
        if self._sessions.engine.due(through_ms):
            self.position = position
            self._save(self._sessions.engine.advance(through_ms), position.analysed_through_ms)

    def _warm(self, until_ms: int) -> None:
        """Load the history of symbols that are new, up to the first bar they will get."""
        names = self._symbols.names[self._warmed :]
        if names:
            self._sessions.load(names, until_ms)
            self._warmed += len(names)

    def _follow_settings(self, first_ms: int) -> None:
        """Go on with the detectors as they are set now, from the minute that comes."""
        registry = self._database.run(self._settings.changed)
        if registry is None or self._sessions.engine.use(registry):
            return
        # They read more bars than are remembered: begin anew, as a start does.
        self._sessions = self._begin(registry)
        self._warmed = 0
        if first_ms:
            self._warm(first_ms)
            self._sessions.take_up(first_ms)

    def _begin(self, registry: Registry) -> MarketSessions:
        return MarketSessions(
            self._symbols.names, registry, self._hours, self._database.run, self._keep_rolled
        )

    # --- saving ---------------------------------------------------------------------------------

    def _save(
        self, analyses: Sequence[MinuteAnalysis], through_ms: int, silent: set[str] | None = None
    ) -> None:
        position = replace(
            self.position, analysed_through_ms=max(through_ms, self.position.analysed_through_ms)
        )
        analyses = [without(analysis, silent) for analysis in analyses] if silent else analyses

        def write(connection: Any) -> pattern_store.SaveResult:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                positions.save(cursor, position)
                now = datetime.now(UTC)
                saved = pattern_store.save(cursor, analyses, now)
                combos = combo_rows.save(cursor, analyses, now)
                return replace(saved, formed=saved.formed + combos)

        saved = self._database.run(write)
        self.position = position
        self._counters.patterns_detected += saved.formed
        self._counters.indicators_calculated += saved.indicator_values
        self._listener.analysed(analyses)
        if saved.formed or saved.revised or saved.lives:
            self._listener.outbox_filled()
        self._keep_rolled(self._sessions.engine.take_rolled())

    def _keep_rolled(self, rolled: list[tuple[str, RolledBars]]) -> None:
        """Store the longer bars, once everybody has been told: they can be made again."""

        def write(connection: Any) -> None:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit TO off")
                rolled_rows.save(cursor, self._symbols.names, rolled)

        if rolled:
            self._database.run(write)


def without(analysis: MinuteAnalysis, pattern_types: set[str]) -> MinuteAnalysis:
    """The analysis as if these detectors had not run."""
    return replace(
        analysis,
        hits=tuple(h for h in analysis.hits if h.detector.pattern_type not in pattern_types),
        found=tuple(d for d in analysis.found if d.pattern_type not in pattern_types),
        pattern_types=tuple(t for t in analysis.pattern_types if t not in pattern_types),
    )


def send_outbox(connection: Any, send: Callable[[list[tuple[str, bytes]]], bool]) -> int:
    """Publish the events that wait in the database, in order; how many went out.

    send: publishes encoded events and tells whether Redis took them. Those that it did not take
    wait for the next call; those it took may go out twice where this process dies in between.
    Several processes send what all of them leave there: one after the other, block by block.
    """
    sent = 0
    with connection.cursor() as cursor:
        while outbox.pending(cursor, 1):
            with outbox.sending(cursor):
                rows = outbox.pending(cursor)
                if not send([(channel, event.encode()) for _, channel, event in rows]):
                    break
                outbox.forget(cursor, [row[0] for row in rows])
            sent += len(rows)
    return sent
