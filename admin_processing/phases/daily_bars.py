"""Daily bars analysed block by block: what the phases `indicators` and `patterns` share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any

from django.db import connection

from admin_processing.runs.phase import ChunkPlan, PhaseFailed, Work
from admin_processing.runs.request import RunRequest
from market.calendar import to_ms
from market.universes import UnknownUniverse, symbols_of
from patterns import daily, daily_job, daily_plan
from patterns.daily_job import Part, Totals
from patterns.daily_plan import Block

CELLS = 175_000
"""Symbols × bars of a block: a gigabyte in each worker, and done within seconds. Narrow blocks cost
more: a step of a recursion takes as long for ten symbols as for a hundred."""

# A probe a symbol into the bars' index, where DISTINCT would read millions of rows.
WITH_BARS = """
SELECT symbol FROM (SELECT symbol FROM symbols UNION SELECT symbol FROM import_coverage) AS known
WHERE EXISTS (SELECT FROM ohlcv_daily AS bar WHERE bar.symbol = known.symbol) ORDER BY symbol
"""


class DailyBarsPhase:
    """One part of the analysis of daily bars; implements `runs.phase.Phase`."""

    def __init__(self, name: str, part: Part) -> None:
        self.name, self.part = name, part

    def plan(self, request: RunRequest) -> Sequence[ChunkPlan]:
        """A chunk for each block of symbols that has something to analyse."""
        symbols, through_ms = symbols_for(request), through(request)
        days = daily_plan.EVERY_DAY if request.everything else None
        with connection.cursor() as cursor:
            plan = daily_plan.plan(cursor, symbols, through_ms, days, self.part.names, CELLS)
        ranked_since_ms = min((block.since_ms for block in plan.blocks), default=0)
        shared = {"through_ms": through_ms, "ranked_since_ms": ranked_since_ms}
        return [ChunkPlan([_unit(block) | shared]) for block in plan.blocks]

    def work(self, units: Sequence[Mapping[str, Any]], work: Work) -> None:
        """Analyse and save; each piece of a block is a transaction."""
        for unit in units[work.position :]:
            work.checkpoint()
            totals = self._do(unit, work)
            work.done(rows=0, symbol=str(unit["name"]))
            work.log(_in_words(str(unit["name"]), totals))

    def _do(self, unit: Mapping[str, Any], work: Work) -> Totals:
        block = Block(unit["symbols"], unit["since_ms"], unit["bars"])
        plan = daily_plan.frame(unit["through_ms"], [block])
        ranked = None
        if self.part.indicators:
            ranked = _ranked(work.run_id, unit["through_ms"], unit["ranked_since_ms"])

        def saved(totals: Totals) -> None:
            work.done(0, rows=_rows(totals), symbol=str(unit["name"]))

        return daily_job.do_block("default", plan, block, ranked, self.part, saved)


def symbols_for(request: RunRequest) -> list[str]:
    """Whose bars a run is about: those named, a universe's, or all that have any."""
    named = list(request.symbols)
    if request.universe:
        try:
            named += symbols_of(request.universe)
        except UnknownUniverse as error:
            raise PhaseFailed(str(error)) from None
    if named:
        return list(dict.fromkeys(named))
    with connection.cursor() as cursor:
        cursor.execute(WITH_BARS)
        return [symbol for (symbol,) in cursor.fetchall()]


def through(request: RunRequest) -> int:
    """The last bar's time that a run may look at, Unix ms."""
    if request.through is None:
        return to_ms(datetime.now(UTC))
    return to_ms(datetime.combine(request.through, time(), UTC))


def _unit(block: Block) -> dict[str, Any]:
    first, last = block.symbols[0], block.symbols[-1]
    return {
        "name": first if first == last else f"{first}…{last}",
        "symbols": block.symbols,
        "since_ms": block.since_ms,
        "bars": block.bars,
        "size": len(block.symbols),
    }


@lru_cache(maxsize=1)
def _ranked(run_id: str, through_ms: int, since_ms: int) -> daily.Populations | None:
    """What ranks are ranked in: read once a worker and run, for it is the same for all blocks."""
    everybody = symbols_for(RunRequest())
    block = Block(everybody, since_ms, 0)
    with connection.cursor() as cursor:
        return daily_job.populations(cursor, daily_plan.frame(through_ms, [block]))


def _rows(totals: Totals) -> int:
    return totals.indicator_rows + totals.formed + totals.revised


def _in_words(name: str, totals: Totals) -> str:
    found = f"{totals.formed} formed, {totals.revised} revised, {totals.lives} went on"
    made = f"{totals.indicator_rows} rows of indicators" if totals.indicator_rows else found
    return f"{name}: {totals.bars} bars, {made}"


__all__ = ["DailyBarsPhase", "symbols_for", "through"]
