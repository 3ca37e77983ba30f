"""Indicators and detections of past minutes whose bars were changed, made again.

The engines go through all symbols' stored bars from the first changed one on, since ranks are among
all of them, exactly as a restarted stream does; what they make is saved of the changed symbols
alone. Saving compares with what is stored: what is the same is left, a detection that no longer
holds is marked as revised, one that is new is formed. It is no news by then, so that no event tells
of it as detected; that others are revised is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
from django.db import connection, transaction

from admin_processing.fidelity import own
from market.calendar import MINUTE_MS, MarketCalendar, from_ms
from patterns import combo_rows, detection_rows, minute_revisions, rolled_rows, store
from patterns.analysis import MinuteAnalysis
from patterns.minute_revisions import Stale
from patterns.registry import Registry, standard
from patterns.rolled import RolledBars, SessionHours
from patterns.settings import configured, read_settings
from streaming.analyst import without
from streaming.market_sessions import MarketSessions, Rolled

HOUR_MS = 60 * MINUTE_MS
PIECE_MS = 15 * MINUTE_MS
"""Of one transaction: a live minute's detections wait for it, in markets that never close."""
HOURS = """
SELECT DISTINCT (extract(epoch FROM date_trunc('hour', "timestamp")) * 1000)::int8 FROM ohlcv_1min
WHERE "timestamp" >= %s AND "timestamp" < %s ORDER BY 1
"""
OUTBOX_END = "SELECT coalesce(max(id), 0) FROM event_outbox"
HUSH = "DELETE FROM event_outbox WHERE id > %s AND event::jsonb ->> 'type' = 'pattern_detected'"
SETTINGS = "SELECT pattern_type, changed_at FROM detector_settings"


@dataclass(frozen=True, slots=True)
class Made:
    """What was written: rows of indicators, and detections by what became of them."""

    indicator_rows: int = 0
    formed: int = 0
    revised: int = 0
    lives: int = 0

    def __add__(self, other: Made) -> Made:
        return Made(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def rows(self) -> int:
        """All that was written or changed."""
        return self.indicator_rows + self.formed + self.revised + self.lives


class Reanalysis:
    """Goes from the first stale minute to `until_ms` (Unix ms, a session's end or later).

    definitions: by default those that the stream runs, as they are set.
    """

    def __init__(
        self,
        stale: Sequence[Stale],
        until_ms: int,
        hours: MarketCalendar,
        source: str,
        definitions: Registry | None = None,
    ) -> None:
        self.stale, self.until_ms = stale, until_ms
        self._start_ms = min(item.since_ms for item in stale)
        with connection.cursor() as cursor:
            registry = definitions or configured(standard(), read_settings(cursor))
            self._names = own.symbols(cursor, source, self._start_ms, until_ms)
            cursor.execute(SETTINGS)
            self._changed: dict[str, datetime] = dict(cursor.fetchall())
        changed = {item.symbol for item in stale}
        self._touched = np.array([name in changed for name in self._names], np.bool_)
        self._hours = hours
        self._market = MarketSessions(
            self._names,
            registry,
            SessionHours(hours.session_start, hours.session_end, hours.day_start),
            lambda work: work(connection),
            self._keep_rolled,
            every_life=True,
        )

    def run(self, checkpoint: Callable[[], None], last: Callable[[Any, Made], None]) -> Made:
        """Analyse and save; `last` is called with a cursor in the last transaction.

        Killed before, all of it is done again: what was saved is then found equal.
        """
        self._market.load(self._names, self._start_ms)
        self._market.take_up(self._start_ms)
        made = Made()
        for since_ms, until_ms in self._pieces():
            checkpoint()
            with connection.cursor() as cursor:
                minutes = store.load_minutes(cursor, self._names, since_ms, until_ms)
            analyses: list[MinuteAnalysis] = []
            for minute in minutes:
                checkpoint()
                analyses += self._market.close(minute)
            made += self._save(analyses)
        ends = [*self._market.engine.advance(self.until_ms), *self._ends()]
        return made + self._save(ends, lambda cursor, own: last(cursor, made + own))

    def _pieces(self) -> Iterator[tuple[int, int]]:
        """Hours that have bars, cut where a session begins: what it is told has to be stored."""
        with connection.cursor() as cursor:
            cursor.execute(HOURS, [from_ms(self._start_ms), from_ms(self.until_ms)])
            hours = [row[0] for row in cursor.fetchall()]
        for since_ms in hours:
            until_ms = min(since_ms + HOUR_MS, self.until_ms)
            since_ms = max(since_ms, self._start_ms)
            begins = (self._hours.session_start(ms) for ms in (since_ms, until_ms - MINUTE_MS))
            cuts = {*range(since_ms, until_ms, PIECE_MS), until_ms}
            cuts |= {ms for ms in begins if since_ms < ms < until_ms}
            yield from pairwise(sorted(cuts))

    def _ends(self) -> list[MinuteAnalysis]:
        """How all that is open stands: also what went back a state and has not changed since."""
        ends = []
        rows = np.flatnonzero(self._touched)
        for timeframe, engine in self._market.engine.engines.items():
            engine.grow()
            on = engine.open.of_rows(rows, engine.window.room)
            ends.append(
                MinuteAnalysis(
                    bar_time_ms=self.until_ms,
                    timeframe=timeframe,
                    symbols=self._names,
                    row=np.zeros(0, np.int64),
                    names=engine.registry.shown,
                    values=np.zeros((0, len(engine.registry.shown))),
                    hits=(),
                    changes=tuple(engine.open.changes(on)),
                )
            )
        return ends

    # --- saving ---------------------------------------------------------------------------------

    def _save(
        self,
        analyses: Sequence[MinuteAnalysis],
        last: Callable[[Any, Made], None] = lambda cursor, made: None,
    ) -> Made:
        chosen = [self._of_touched(analysis) for analysis in analyses]
        with transaction.atomic(), connection.cursor() as cursor:
            detection_rows.in_turn(cursor)  # or somebody else's news would be hushed
            cursor.execute(OUTBOX_END)
            (end,) = cursor.fetchone()
            now = datetime.now(UTC)
            done = store.save(cursor, chosen, now)
            combos = combo_rows.save(cursor, chosen, now)
            cursor.execute(HUSH, [end])
            made = Made(done.indicator_rows, done.formed + combos, done.revised, done.lives)
            self._store_rolled(cursor, self._market.engine.take_rolled())
            last(cursor, made)
        return made

    def _of_touched(self, analysis: MinuteAnalysis) -> MinuteAnalysis:
        """The analysis as if only the changed symbols had traded, and as a revision."""
        kept = self._touched[analysis.row]
        names = {self._names[row] for row in np.flatnonzero(self._touched).tolist()}
        end = from_ms(analysis.bar_time_ms + MINUTE_MS)
        silent = {name for name, changed_at in self._changed.items() if changed_at > end}
        only = replace(
            analysis,
            row=analysis.row[kept],
            values=analysis.values[kept],
            hits=(),
            found=tuple(d for d in analysis.found if d.symbol in names),
            changes=tuple(c for c in analysis.changes if c.detection.symbol in names),
            revision=True,
        )
        return without(only, silent)

    def _keep_rolled(self, rolled: Rolled) -> None:
        if rolled:
            with transaction.atomic(), connection.cursor() as cursor:
                self._store_rolled(cursor, rolled)

    def _store_rolled(self, cursor: Any, rolled: Rolled) -> None:
        chosen = [(name, only_rows(bars, self._touched)) for name, bars in rolled]
        rolled_rows.save(cursor, self._names, [item for item in chosen if len(item[1])])


def only_rows(bars: RolledBars, chosen: Any) -> RolledBars:
    """The bars of the chosen symbols."""
    kept = chosen[bars.symbol_id]
    columns = {f.name: getattr(bars, f.name) for f in fields(bars) if f.name != "minute_ms"}
    return replace(bars, **{name: values[kept] for name, values in columns.items()})


def analyse_again(
    until_ms: int,
    left_ms: int | None,
    hours: MarketCalendar,
    checkpoint: Callable[[], None],
    done: Callable[[Made], None],
    definitions: Registry | None = None,
) -> Made | None:
    """Make again what follows from changed bars before `until_ms`; None where nothing has changed.

    left_ms: from where on a session that still goes on has to be looked at once it has ended. done:
    called in the last transaction.
    """
    with connection.cursor() as cursor:
        stale = minute_revisions.stale(cursor, until_ms)
        source = own.source(cursor)
    if not stale or source is None:
        return None

    def last(cursor: Any, made: Made) -> None:
        minute_revisions.settle(cursor, stale, left_ms)
        done(made)

    return Reanalysis(stale, until_ms, hours, source, definitions).run(checkpoint, last)
