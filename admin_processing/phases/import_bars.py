"""The phase `import`: bars that are missing, with the splits and dividends of their days."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import connection, transaction

from admin_processing.imports import coverage, events, files, mixing, unit, wanted
from admin_processing.imports.unit import Setting
from admin_processing.phases import retries
from admin_processing.providers import registry
from admin_processing.providers.base import (
    Provider,
    ProviderError,
    ProviderRefused,
    Unit,
    UnitFailed,
    Wanted,
)
from admin_processing.runs import opening
from admin_processing.runs.phase import ChunkPlan, PhaseFailed, RunSkipped, Work
from admin_processing.runs.request import RunRequest
from market.calendar import configured_calendar

logger = logging.getLogger(__name__)

MOST_CHUNKS = 48
"""Pieces that any number of workers takes turns at: few enough to plan, enough to share."""
BARS, EVENTS, CLOSING = "bars", "events", "closing"
FIRST, THEN, LAST = 0, 1, 2
"""Stages: what explains jumps, the bars, and what is noted once all have come."""
TOLD_LATE = timedelta(days=10)
"""Splits and dividends are looked for from so long before the first missing day."""
TRIED_AGAIN = """
SELECT count(*) FROM processing_failures WHERE run_id = %s AND phase = 'import'
    AND resolved_at IS NULL AND next_attempt_at IS NOT NULL AND symbol <> %s
"""


class ImportPhase:
    """Implements `runs.phase.Phase`. find: the provider of a name, empty for the configured one.

    A unit is the provider's, wrapped in what it takes to do it at any time: `kind`, `source`,
    `timeframe`, and the days `first` to `last`.
    """

    name = "import"

    def __init__(self, find: Callable[[str], Provider] | None = None) -> None:
        self._find = find or registry.provider

    def plan(self, request: RunRequest) -> Sequence[ChunkPlan]:
        """Chunks of what is missing; of what failed, for a retry. Raises PhaseFailed."""
        if request.retry_of:
            return _chunks(retries.unresolved(request.retry_of, self.name))
        try:
            return self._plan(request, self._find(request.source))
        except ProviderError as error:
            raise PhaseFailed(str(error)) from None

    def _plan(self, request: RunRequest, provider: Provider) -> list[ChunkPlan]:
        _skip_where_closed(request, provider)
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
        return [
            ChunkPlan([common | _events(units, names, first)], FIRST),
            *_chunks([common | _wrapped(unit) for unit in units]),
            *(ChunkPlan([common | closing], LAST) for closing in _closing(units)),
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
        steps = {EVENTS: _do_events, BARS: _do_bars, CLOSING: _do_closing}
        steps[wrapped["kind"]](provider, wrapped, work)


def _skip_where_closed(request: RunRequest, provider: Provider) -> None:
    """A day of mourning is in no calendar; the provider may know of it. Raises RunSkipped."""
    if not opening.asks_of_today(request):
        return
    day = opening.today(datetime.now(UTC))
    try:
        told = provider.market_day(day)
    except ProviderError as error:
        logger.warning("%s does not say whether the market is open: %s", provider.name, error)
        return
    if told is not None and not told.is_open:
        raise RunSkipped(
            f"the market is closed on {day} ({provider.name}: {told.reason or 'no reason given'}); "
            "skip_market_check runs all the same"
        )


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


def _do_closing(provider: Provider, wrapped: Mapping[str, Any], work: Work) -> None:
    """All days of each symbol have been answered, unless some of its units failed.

    Units of one symbol's days, done by several workers in any order, can not say so themselves.
    Raises UnitFailed while some are to be tried again, so that it comes after them.
    """
    failed = {
        name
        for unit in retries.unresolved(work.run_id, ImportPhase.name)
        for name in _symbols(unit.get("unit", {}))
    }
    whole = dict.fromkeys(set(wrapped["symbols"]) - failed, _days(wrapped, {}))
    with transaction.atomic(), connection.cursor() as cursor:
        coverage.extend(cursor, provider.name, str(wrapped["timeframe"]), whole)
        cursor.execute(TRIED_AGAIN, [work.run_id, wrapped["name"]])
        (waiting,) = cursor.fetchone()
        if not waiting:
            _done(cursor, wrapped, work, 0)
    if waiting:
        raise UnitFailed(f"{waiting} units are tried again first")


def _done(cursor: Any, wrapped: Mapping[str, Any], work: Work, rows: int) -> None:
    """Last in the transaction: it locks the run, for whose lock other workers wait."""
    retries.resolve(cursor, work, ImportPhase.name, str(wrapped["name"]))
    work.done(rows=rows, symbol=str(wrapped["name"]))


def _days(wrapped: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[date, date]:
    """The days that a unit is about: its own, where it says so."""
    first, last = (own.get(name) or wrapped[name] for name in ("first", "last"))
    return date.fromisoformat(first), date.fromisoformat(last)


def _events(units: Sequence[Unit], names: Sequence[str], first: date) -> dict[str, Any]:
    """Splits and dividends, from a while before the first day that some unit is about."""
    begins = min(date.fromisoformat(unit.get("first") or first.isoformat()) for unit in units)
    since = max(begins, date.min + TOLD_LATE) - TOLD_LATE
    told = {"name": "splits and dividends", "kind": EVENTS, "size": 0}
    return told | {"symbols": list(names), "first": since.isoformat()}


def _wrapped(own: Unit) -> dict[str, Any]:
    return {"name": own["name"], "kind": BARS, "size": len(_symbols(own)) or 1, "unit": own}


def _closing(units: Sequence[Unit]) -> list[dict[str, Any]]:
    """What ends an import of named symbols; files are known by themselves."""
    symbols = {name for unit in units if not unit.get("path") for name in _symbols(unit)}
    told = {"name": "what was asked for", "kind": CLOSING, "size": 0}
    return [told | {"symbols": sorted(symbols)}] if symbols else []


def _symbols(own: Mapping[str, Any]) -> Sequence[str]:
    return own.get("symbols") or ()


def _chunks(units: Sequence[Mapping[str, Any]]) -> list[ChunkPlan]:
    """Neighbours together, in so many pieces of nearly one size."""
    pieces = min(len(units), MOST_CHUNKS)
    ends = [len(units) * piece // pieces for piece in range(pieces + 1)] if pieces else []
    return [ChunkPlan(list(units[a:b]), THEN) for a, b in pairwise(ends)]


PHASE = ImportPhase()
