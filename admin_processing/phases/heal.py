"""The phase `heal`: minutes that the stream missed, and partial bars, from the provider."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from datetime import time as midnight
from typing import Any

import numpy as np
from django.db import connection, transaction

from admin_processing.fidelity import (
    clock,
    following,
    gaps,
    own,
    pieces,
    reference,
    repair,
    settled,
)
from admin_processing.fidelity.gaps import Cell, Gap
from admin_processing.fidelity.reference import Answer
from admin_processing.fidelity.repair import Setting
from admin_processing.phases import retries
from admin_processing.phases.daily_bars import symbols_for
from admin_processing.providers import registry
from admin_processing.providers.base import Ints, Provider, ProviderRefused, UnitFailed
from admin_processing.runs.phase import ChunkPlan, PhaseFailed, Work
from admin_processing.runs.request import RunRequest
from market.calendar import DAY_MS, configured_calendar, to_ms

GAP, PARTIAL = "gap", "partial"
FIRST, THEN, LAST = 0, 1, 2
"""Stages: gaps heal most of the partial bars, and what is computed follows from both."""
PARTIAL_DAYS = 14
"""How far back partial bars are looked for, where the request names no day."""


class HealPhase:
    """Implements `runs.phase.Phase`. find: the provider of a name."""

    name = "heal"

    def __init__(self, find: Callable[[str], Provider] = registry.provider) -> None:
        self._find = find

    def plan(self, request: RunRequest) -> Sequence[ChunkPlan]:
        """A piece for each gap, then partial bars by day. Raises PhaseFailed."""
        if request.retry_of:
            return [
                *pieces.pieces(retries.unresolved(request.retry_of, self.name), FIRST),
                following.plan(LAST),
            ]
        with connection.cursor() as cursor:
            source = own.source(cursor)
        if why := reference.why_nobody(source):
            return following.only_told(why)
        now_ms = clock.now_ms()
        until_ms = settled.settled_until(configured_calendar(), now_ms)
        found = [gap for gap in gaps.open_gaps(until_ms) if _wanted(gap, request)]
        plans = [ChunkPlan([_gap_unit(gap, request)], FIRST) for gap in found]
        plans += self._partial(request, now_ms, until_ms)
        # The comparison that follows in the same run changes bars, too: once for both.
        if "reconcile" not in request.phases:
            plans.append(following.plan(LAST))
        return plans

    def _partial(self, request: RunRequest, now_ms: int, until_ms: int) -> list[ChunkPlan]:
        since_ms = now_ms - PARTIAL_DAYS * DAY_MS
        if request.since is not None:
            since_ms = to_ms(datetime.combine(request.since, midnight(), UTC))
        with connection.cursor() as cursor:
            cells = gaps.partial_bars(cursor, since_ms, until_ms)
        if not cells:
            return []
        provider = reference.chosen(self._find, request.source)
        units = [
            {"name": f"{own_unit['name']} partial {day}", "kind": PARTIAL, "unit": own_unit}
            | {"symbols": symbols, "day": day.isoformat(), "source": request.source}
            for day, symbols in _by_day(cells, request).items()
            for own_unit in reference.units(provider, symbols, day, day)
        ]
        return pieces.pieces([pieces.lean(unit) for unit in units], THEN)

    def work(self, units: Sequence[Mapping[str, Any]], work: Work) -> None:
        """Heal the units; each is a transaction. Raises Interrupted, PhaseFailed."""
        for unit in units[work.position :]:
            work.checkpoint()
            try:
                self._do(unit, work)
            except UnitFailed as error:
                work.failed(unit, str(error))
            except ProviderRefused as error:
                raise PhaseFailed(str(error)) from None

    def _do(self, unit: Mapping[str, Any], work: Work) -> None:
        if following.do(unit, work):
            return
        with connection.cursor() as cursor:
            source = own.source(cursor) or ""
        provider = reference.chosen(self._find, str(unit["source"]))
        setting = Setting(provider, source, configured_calendar(), work.run_id)
        if unit["kind"] == GAP:
            _heal_gap(setting, unit, work)
        else:
            _heal_partial(setting, unit, work)


def _heal_gap(setting: Setting, unit: Mapping[str, Any], work: Work) -> None:
    gap = gaps.open_gap(int(unit["number"]))
    minutes = np.zeros(0, np.int64)
    symbols: list[str] = []
    if gap is not None:
        minutes = settled.minutes_touched(setting.hours, gap.start_ms, gap.end_ms)
    if gap is not None and len(minutes):
        with connection.cursor() as cursor:
            symbols = gaps.whose(cursor, gap, setting.source, minutes, setting.hours)
    bars, answered = _fetched(setting, symbols, minutes, work)
    with transaction.atomic(), connection.cursor() as cursor:
        rows = 0
        if gap is not None:
            rows = repair.heal_gap(cursor, setting, gap, minutes, bars, answered)
        _done(cursor, unit, work, rows)


def _fetched(setting: Setting, symbols: Sequence[str], minutes: Ints, work: Work) -> Answer:
    """The provider's bars of a gap's minutes, and the symbols of which it has any that day."""
    if not len(minutes) or not symbols:
        return reference.nothing()
    days = [_day(setting, int(minutes[end])) for end in (0, -1)]
    units = reference.units(setting.provider, symbols, *days)
    return reference.fetch(setting.provider, units, symbols, minutes, work.checkpoint)


def _day(setting: Setting, minute_ms: int) -> date:
    session = setting.hours.session_at(minute_ms)
    if session is None:
        raise ValueError(f"minute {minute_ms}: no session takes it")
    return session.day


def _heal_partial(setting: Setting, unit: Mapping[str, Any], work: Work) -> None:
    session = setting.hours.session_of_day(date.fromisoformat(unit["day"]))
    names = set(unit.get("symbols") or unit["unit"]["symbols"])
    cells: list[Cell] = []
    if session is not None:
        with connection.cursor() as cursor:
            found = gaps.partial_bars(cursor, session.first_ms, session.last_ms)
        cells = [cell for cell in found if cell[0] in names]
    bars, answered = reference.nothing()
    if cells:
        minutes = np.unique(np.array([minute for _, minute in cells]))
        symbols = sorted({symbol for symbol, _ in cells})
        bars, answered = reference.fetch(
            setting.provider, [unit["unit"]], symbols, minutes, work.checkpoint
        )
    with transaction.atomic(), connection.cursor() as cursor:
        _done(cursor, unit, work, repair.heal_partial(cursor, setting, cells, bars, answered))


def _done(cursor: Any, unit: Mapping[str, Any], work: Work, rows: int) -> None:
    retries.resolve(cursor, work, HealPhase.name, str(unit["name"]))
    work.done(rows=rows, symbol=str(unit["name"]))


def _wanted(gap: Gap, request: RunRequest) -> bool:
    """Whether the request's days have the gap; all of it, whatever symbols are named."""
    first, last = (
        datetime.fromtimestamp(ms / 1000, UTC).date() for ms in (gap.start_ms, gap.end_ms)
    )
    return (request.since is None or last >= request.since) and (
        request.through is None or first <= request.through
    )


def _gap_unit(gap: Gap, request: RunRequest) -> dict[str, Any]:
    return {"name": gap.name, "kind": GAP, "number": gap.number, "source": request.source}


def _by_day(cells: Sequence[Cell], request: RunRequest) -> dict[date, list[str]]:
    """The symbols with partial bars of each session, of those that the request names."""
    hours = configured_calendar()
    sessions = {minute: hours.session_at(minute) for minute in {cell[1] for cell in cells}}
    wanted = set(symbols_for(request)) if request.symbols or request.universe else None
    found: dict[date, set[str]] = defaultdict(set)
    for symbol, minute in cells:
        session = sessions[minute]
        if session is None or (wanted is not None and symbol not in wanted):
            continue
        if request.through is None or session.day <= request.through:
            found[session.day].add(symbol)
    return {day: sorted(symbols) for day, symbols in sorted(found.items())}


PHASE = HealPhase()
