"""The engines of all timeframes, and what they are told where one session ends and another begins.

Serves the live stream and whoever analyses past minutes again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from market.calendar import MINUTE_MS
from patterns import adjustments, minute_revisions
from patterns import store as pattern_store
from patterns.analysis import MinuteAnalysis
from patterns.registry import Registry
from patterns.rolled import RolledBars, SessionHours
from patterns.timeframes import MarketEngine
from streaming.session_context import SessionContext

Rolled = list[tuple[str, RolledBars]]


class MarketSessions:
    """A `MarketEngine` that is warmed from the database and told of each session's beginning.

    run: does work on a database connection. keep_rolled: stores longer bars before a session that
    needs them begins. every_life: minutes are analysed that were analysed before, so that lives
    of detections may have ended since.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        registry: Registry,
        hours: SessionHours,
        run: Callable[[Callable[[Any], Any]], Any],
        keep_rolled: Callable[[Rolled], None],
        *,
        every_life: bool = False,
    ) -> None:
        self.engine = MarketEngine(symbols, registry, hours)
        self._symbols, self._hours = symbols, hours
        self._run, self._keep_rolled = run, keep_rolled
        self._every_life = every_life
        self._context = SessionContext()
        self._read_at: datetime | None = None

    def load(self, names: Sequence[str], until_ms: int) -> None:
        """The history of these symbols, up to the first bar they will get."""

        def load(connection: Any) -> None:
            with connection.cursor() as cursor:
                self._read_at = self._read_at or minute_revisions.clock(cursor)
                for name, engine in self.engine.engines.items():
                    before = self.engine.history_until(name, until_ms)
                    pattern_store.warm(cursor, engine, before, names, every_life=self._every_life)

        self._run(load)

    def take_up(self, until_ms: int) -> None:
        """What was open before `until_ms`, in the session that it belongs to."""
        self._begin_session(until_ms - MINUTE_MS)
        self.engine.begin(until_ms)

    def close(self, minute: Any) -> list[MinuteAnalysis]:
        """A closed minute, and before it what its beginning ends."""
        # Before a session is told of usual volumes, the bars of the one before are stored.
        before = self.engine.advance(minute.minute_ms)
        self._keep_rolled(self.engine.take_rolled())
        ended = self._begin_session(minute.minute_ms)
        return [*before, *ended, *self.engine.close(minute)]

    def _begin_session(self, minute_ms: int) -> list[MinuteAnalysis]:
        """What is known before a session's first minute: daily bars, usual volumes, adjustments."""
        before, start = self._context.start_ms, self._hours.start(minute_ms)
        begun = self._context.begin(start)
        self._run(lambda connection: self._context.tell(connection, self.engine))
        return self._read_anew(before, start) if begun and before else []

    def _read_anew(self, before_ms: int, start_ms: int) -> list[MinuteAnalysis]:
        """The history of what was split or paid, and of bars that were healed or corrected.

        What was open in old prices is over.
        """

        def find(connection: Any) -> tuple[set[str], set[str]]:
            with connection.cursor() as cursor:
                read_at, self._read_at = self._read_at, minute_revisions.clock(cursor)
                known = adjustments.load(cursor, self._symbols, start_ms, after_ms=before_ms)
                adjusted = {item.symbol for item in known if item.time_ms > before_ms}
                if read_at is None:
                    return adjusted, set()
                return adjusted, set(minute_revisions.changed_since(cursor, self._symbols, read_at))

        adjusted, changed = self._run(find)
        rows = np.array([r for r, name in enumerate(self._symbols) if name in adjusted], np.int64)
        engines = self.engine.engines.values()
        ended = [engine.end_open(rows, start_ms) for engine in engines] if len(rows) else []
        if adjusted | changed:
            self.load(sorted(adjusted | changed), start_ms)
        return ended
