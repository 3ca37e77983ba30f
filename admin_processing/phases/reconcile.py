"""The phase `reconcile`: own minute bars of past days held against the provider's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction

from admin_processing.fidelity import (
    clock,
    day,
    following,
    listing,
    own,
    pieces,
    reference,
    settled,
)
from admin_processing.fidelity.day import DaySetting
from admin_processing.phases import retries
from admin_processing.phases.daily_bars import symbols_for
from admin_processing.providers import registry
from admin_processing.providers.base import Provider, ProviderRefused, UnitFailed
from admin_processing.runs.phase import ChunkPlan, PhaseFailed, Work
from admin_processing.runs.request import RunRequest
from market.calendar import Session, configured_calendar

FIRST, LAST = 0, 1
"""Stages: what is computed follows from all that was taken over."""
COMPARE = "compare"
CAUGHT_UP = 5
"""Sessions that are looked at, where the request names no day: those missed are made up for."""


class ReconcilePhase:
    """Implements `runs.phase.Phase`. find: the provider of a name."""

    name = "reconcile"

    def __init__(self, find: Callable[[str], Provider] = registry.provider) -> None:
        self._find = find

    def plan(self, request: RunRequest) -> Sequence[ChunkPlan]:
        """Pieces of the days and symbols that are to be compared. Raises PhaseFailed."""
        if request.retry_of:
            return [
                *pieces.pieces(retries.unresolved(request.retry_of, self.name), FIRST),
                following.plan(LAST),
            ]
        with connection.cursor() as cursor:
            source = own.source(cursor)
        if source is None or (why := reference.why_nobody(source)):
            return following.only_told(reference.why_nobody(source) if source is None else why)
        wanted = {s.day: _symbols(request, s, source) for s in sessions(request)}
        if not any(wanted.values()):
            return [following.plan(LAST)]
        provider = reference.chosen(self._find, request.source)
        units = [
            {"name": f"{unit['name']} {day}", "kind": COMPARE, "unit": unit, "symbols": symbols}
            | {"day": day.isoformat(), "source": request.source}
            | {"size": len(unit.get("symbols") or symbols)}
            for day, symbols in wanted.items()
            if symbols
            for unit in reference.units(provider, symbols, day, day)
        ]
        return [*pieces.pieces([pieces.lean(unit) for unit in units], FIRST), following.plan(LAST)]

    def work(self, units: Sequence[Mapping[str, Any]], work: Work) -> None:
        """Compare the units; each is a transaction. Raises Interrupted, PhaseFailed."""
        for unit in units[work.position :]:
            work.checkpoint()
            try:
                if not following.do(unit, work):
                    self._compare(unit, work)
            except UnitFailed as error:
                work.failed(unit, str(error))
            except ProviderRefused as error:
                raise PhaseFailed(str(error)) from None

    def _compare(self, unit: Mapping[str, Any], work: Work) -> None:
        provider = reference.chosen(self._find, str(unit["source"]))
        hours = configured_calendar()
        session = hours.session_of_day(date.fromisoformat(unit["day"]))
        if session is None:
            raise PhaseFailed(f"{unit['day']} is no session of {hours.name}; compare another day")
        symbols = list(unit.get("symbols") or unit["unit"]["symbols"])
        minutes = settled.minutes_of(session)
        theirs, _ = reference.fetch(provider, [unit["unit"]], symbols, minutes, work.checkpoint)
        with transaction.atomic(), connection.cursor() as cursor:
            setting = DaySetting(
                session, own.source(cursor) or "", provider.name, hours, work.run_id
            )
            rows = day.reconcile(cursor, setting, symbols, theirs)
            retries.resolve(cursor, work, self.name, str(unit["name"]))
            work.done(rows=rows, symbol=str(unit["name"]))


def sessions(request: RunRequest) -> list[Session]:
    """The request's days, or the last few; none that goes on."""
    hours, now_ms = configured_calendar(), clock.now_ms()
    if request.since is None and request.through is None:
        return settled.last_sessions(hours, CAUGHT_UP, now_ms)
    first = request.since or request.through or date.min
    return settled.settled_sessions(hours, first, request.through or date.max, now_ms)


def _symbols(request: RunRequest, session: Session, source: str) -> list[str]:
    """Whose bars of the day are to be compared: all for days that were named, else what is new."""
    with connection.cursor() as cursor:
        mine = own.symbols(cursor, source, session.first_ms, session.last_ms)
        if request.symbols or request.universe:
            named = set(symbols_for(request))
            mine = [name for name in mine if name in named]
        if request.everything or request.since is not None or request.through is not None:
            return mine
        known = listing.compared(cursor, (session.day, source), mine)
    return [name for name in mine if name not in known]


PHASE = ReconcilePhase()
