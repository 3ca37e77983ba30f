"""The phase `import`: bars that are missing, with the splits and dividends of their days."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

from django.db import connection, transaction

from admin_processing.imports import coverage, events, files, mixing, unit, wanted
from admin_processing.imports.unit import Setting
from admin_processing.providers.base import (
    Provider,
    ProviderError,
    ProviderRefused,
    Unit,
    UnitFailed,
    Wanted,
)
from admin_processing.runs import failures, ledger
from admin_processing.runs.phase import ChunkPlan, PhaseFailed, Work
from admin_processing.runs.request import RunRequest
from market.calendar import configured_calendar

MOST_CHUNKS = 48
"""Pieces that any number of workers takes turns at: few enough to plan, enough to share."""
BARS, EVENTS = "bars", "events"
FIRST, THEN = 0, 1
"""Stages: what explains jumps comes before the bars."""
FAILED_BEFORE = """
SELECT unit FROM processing_failures
WHERE run_id = %s AND phase = 'import' AND resolved_at IS NULL ORDER BY id
"""


class ImportPhase:
    """Implements `runs.phase.Phase`. find: the provider of a name, empty for the configured one.

    A unit is the provider's, wrapped in what it takes to do it at any time: `kind`, `source`,
    `timeframe`, and the days `first` to `last`.
    """

    name = "import"

    def __init__(self, find: Callable[[str], Provider] | None = None) -> None:
        self._find = find or _registered

    def plan(self, request: RunRequest) -> Sequence[ChunkPlan]:
        """Chunks of what is missing; of what failed, for a retry. Raises PhaseFailed."""
        if request.retry_of:
            return _chunks(_failed_before(request.retry_of))
        try:
            return self._plan(request, self._find(request.source))
        except ProviderError as error:
            raise PhaseFailed(str(error)) from None

    def _plan(self, request: RunRequest, provider: Provider) -> list[ChunkPlan]:
        hours = configured_calendar()
        first, last = wanted.days(request, provider, datetime.now(UTC), hours)
        names = wanted.symbols(request, provider)
        with connection.cursor() as cursor:
            mixing.refuse_mixing(cursor, provider.name, request.timeframe, provider.is_adjusted)
            known = (
                {}
                if request.everything
                else coverage.known(cursor, provider.name, request.timeframe, names, hours)
            )
            units = provider.units(Wanted(request.timeframe, names, first, last, known))
            if not request.everything:
                units = files.changed(cursor, provider.name, units)
        if not units:
            return []
        common = {"source": provider.name, "timeframe": request.timeframe}
        common |= {"first": first.isoformat(), "last": last.isoformat()}
        told = {"name": "splits and dividends", "kind": EVENTS, "size": 0}
        told |= {"symbols": list(request.symbols)}
        return [
            ChunkPlan([told | common], FIRST),
            *_chunks([_wrapped(unit) | common for unit in units]),
        ]

    def work(self, units: Sequence[Mapping[str, Any]], work: Work) -> None:
        """Import the units; each is a transaction. Raises Interrupted, PhaseFailed."""
        for wrapped in units[work.position :]:
            work.checkpoint()
            try:
                self._do(wrapped, work)
            except UnitFailed as error:
                work.failed(wrapped, str(error))
            except ProviderRefused as error:
                raise PhaseFailed(str(error)) from None

    def _do(self, wrapped: Mapping[str, Any], work: Work) -> None:
        provider = self._find(str(wrapped["source"]))
        if wrapped["kind"] == EVENTS:
            _do_events(provider, wrapped, work)
        else:
            _do_bars(provider, wrapped, work)


def _registered(name: str) -> Provider:
    from admin_processing.providers import registry

    return registry.provider(name)


def _do_events(provider: Provider, wrapped: Mapping[str, Any], work: Work) -> None:
    first, last = _days(wrapped, {})
    found = events.read(provider, first, last, wrapped["symbols"])
    with transaction.atomic(), connection.cursor() as cursor:
        written = events.save(cursor, *found)
        _done(cursor, wrapped, work, written)


def _do_bars(provider: Provider, wrapped: Mapping[str, Any], work: Work) -> None:
    own: Unit = wrapped["unit"]
    file = files.state(own)
    now_ms = int(time.time() * 1000)
    hours = configured_calendar()
    setting = Setting(provider, str(wrapped["timeframe"]), hours, now_ms, work.run_id)
    batches = unit.read(setting, own, work.checkpoint)
    with transaction.atomic(), connection.cursor() as cursor:
        outcome = unit.save(cursor, setting, batches, work.checkpoint)
        unit.note_answered(cursor, setting, own, _days(wrapped, own), outcome, file)
        if outcome.listed:
            work.log(f"{wrapped['name']}: {outcome.in_words()}", "warning")
        _done(cursor, wrapped, work, outcome.saved.written)


def _done(cursor: Any, wrapped: Mapping[str, Any], work: Work, rows: int) -> None:
    """Last in the transaction: it locks the run, for whose lock other workers wait."""
    if work.request.retry_of:
        before = {"run_id": work.request.retry_of, "phase": ImportPhase.name}
        failures.resolve(cursor, before, [str(wrapped["name"])])
    work.done(rows=rows, symbol=str(wrapped["name"]))


def _days(wrapped: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[date, date]:
    """The days that a unit is about: its own, where it says so."""
    first, last = (own.get(name) or wrapped[name] for name in ("first", "last"))
    return date.fromisoformat(first), date.fromisoformat(last)


def _wrapped(own: Unit) -> dict[str, Any]:
    size = len(own.get("symbols", ())) or 1
    return {"name": own["name"], "kind": BARS, "size": size, "unit": own}


def _failed_before(run_id: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(FAILED_BEFORE, [run_id])
        return [ledger.decoded(unit) for (unit,) in cursor.fetchall()]


def _chunks(units: Sequence[Mapping[str, Any]]) -> list[ChunkPlan]:
    """Neighbours together, in so many pieces of nearly one size."""
    pieces = min(len(units), MOST_CHUNKS)
    ends = [len(units) * piece // pieces for piece in range(pieces + 1)] if pieces else []
    return [ChunkPlan(list(units[a:b]), THEN) for a, b in pairwise(ends)]


PHASE = ImportPhase()
