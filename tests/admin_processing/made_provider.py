"""A provider that holds its bars in memory, and a run's end that notes what a phase says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
from django.db import connection

from admin_processing.providers.base import (
    BarBatch,
    DividendRow,
    MarketDay,
    SplitRow,
    SymbolRow,
    Unit,
    UniverseRow,
    Wanted,
    empty_bars,
)
from admin_processing.runs.phase import Phase
from admin_processing.runs.request import RunRequest

DAY_MS = 86_400_000
RUN = """
INSERT INTO processing_runs (run_id, kind, status) VALUES (%s, 'import', 'completed')
ON CONFLICT DO NOTHING
"""
FAILURE = """
INSERT INTO processing_failures (run_id, phase, symbol, error, unit)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


def bars(*rows: Sequence[Any]) -> BarBatch:
    """Bars of (symbol, day or Unix ms, open, high, low, close, volume[, vwap[, trades]])."""
    if not rows:
        return empty_bars()
    full = [(*row, *(np.nan, 0)[len(row) - 7 :]) for row in rows]
    columns = list(zip(*full, strict=True))
    kinds = (np.float64,) * 6 + (np.int64,)
    times = np.array([ms(moment) for moment in columns[1]], np.int64)
    values = [np.array(c, kind) for c, kind in zip(columns[2:], kinds, strict=True)]
    return BarBatch(np.array(columns[0], np.str_), times, *values)


def ms(moment: Any) -> int:
    """Unix ms of a day's 00:00 UTC, written as 2017-11-09."""
    if isinstance(moment, str):
        return int(datetime.combine(date.fromisoformat(moment), time(), UTC).timestamp()) * 1000
    return int(moment)


@dataclass
class MadeProvider:
    """One unit a symbol, with the days that are missing."""

    held: BarBatch
    name: str = "massive"
    is_adjusted: bool = False
    split_rows: Sequence[SplitRow] = ()
    dividend_rows: Sequence[DividendRow] = ()
    symbol_rows: Sequence[SymbolRow] = ()
    universe_rows: Sequence[UniverseRow] = ()
    batch_rows: int = 1000
    closed: str = ""
    errors: dict[str, Exception] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)

    def units(self, wanted: Wanted) -> list[Unit]:
        self.wanted.append(wanted)
        found = []
        for name in wanted.symbols or np.unique(self.held.symbol).tolist():
            since, through = wanted.known.get(name, (None, None))
            first = wanted.first
            if since is not None and since <= wanted.first:
                first = date.fromordinal(through.toordinal() + 1)
            if first <= wanted.last:
                days = {"first": first.isoformat(), "last": wanted.last.isoformat()}
                found.append({"name": name, "symbols": [name]} | days)
        return found

    def bars(self, unit: Unit) -> Iterator[BarBatch]:
        self.read.append(unit["name"])
        if unit["name"] in self.errors:
            raise self.errors[unit["name"]]
        first, last = ms(unit["first"]), ms(unit["last"]) + DAY_MS
        chosen = np.isin(self.held.symbol, unit["symbols"])
        chosen &= (self.held.time_ms >= first) & (self.held.time_ms < last)
        rows = np.flatnonzero(chosen)
        for at in range(0, len(rows), self.batch_rows):
            yield self.held.where(rows[at : at + self.batch_rows])

    def symbols(self, names: Sequence[str] = ()) -> list[SymbolRow]:
        return [row for row in self.symbol_rows if not names or row.symbol in names]

    def universes(self) -> Sequence[UniverseRow]:
        return self.universe_rows

    def splits(self, first: date, last: date) -> list[SplitRow]:
        return [row for row in self.split_rows if first <= row.execution_date <= last]

    def dividends(self, first: date, last: date) -> list[DividendRow]:
        return [row for row in self.dividend_rows if first <= row.ex_date <= last]

    def market_day(self, day: date) -> MarketDay | None:
        return MarketDay(day, False, self.closed) if self.closed else None


@dataclass
class NotingWork:
    """Notes what a phase says; `interrupt_at` ends it in the middle of a unit."""

    request: RunRequest = field(default_factory=RunRequest)
    run_id: str = "00000000-0000-4000-8000-000000000001"
    phase: str = "import"
    position: int = 0
    rows: int = 0
    done_names: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    checkpoints: int = 0
    interrupt: Exception | None = None
    interrupt_after: int = 0

    def checkpoint(self) -> None:
        self.checkpoints += 1
        if self.interrupt is not None and self.checkpoints > self.interrupt_after:
            raise self.interrupt

    def done(self, units: int = 1, rows: int = 0, symbol: str = "") -> None:
        assert connection.in_atomic_block
        self.position += units
        self.rows += rows
        self.done_names.append(symbol)

    def failed(self, unit: Mapping[str, Any], error: str) -> None:
        self.position += 1
        self.failures[str(unit["name"])] = error
        with connection.cursor() as cursor:
            cursor.execute(RUN, [self.run_id])
            listed = [self.run_id, self.phase, unit["name"], error, json.dumps(unit)]
            cursor.execute(FAILURE, listed)

    def log(self, message: str, level: str = "info") -> None:
        self.lines.append(message)


def run(phase: Phase, request: RunRequest | None = None) -> NotingWork:
    """Plan, and do all chunks in the order of their stages."""
    request = request or RunRequest()
    told = NotingWork(request, phase=phase.name)
    for plan in sorted(phase.plan(request), key=lambda plan: plan.stage):
        told.position = 0
        phase.work(plan.units, told)
    return told
