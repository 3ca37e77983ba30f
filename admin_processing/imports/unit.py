"""One unit of an import: read, checked, stored, listed and noted, all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any

import numpy as np

from admin_processing.imports import adjustment, before, coverage, files, rejects, store
from admin_processing.imports.checks import Checked, check
from admin_processing.imports.coverage import Span
from admin_processing.imports.reasons import Reason
from admin_processing.imports.store import Saved
from admin_processing.providers.base import DAY, BarBatch, Provider, Unit
from market.calendar import MarketCalendar
from patterns import daily_plan

AHEAD_ROWS = 500_000
"""So many rows are read before a transaction begins: a slow source then holds none open."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for all units of an import. now_ms: bars must have ended by then."""

    provider: Provider
    timeframe: str
    hours: MarketCalendar
    now_ms: int
    run_id: str | None = None


@dataclass(slots=True)
class Outcome:
    """What became of a unit's rows."""

    saved: Saved = field(default_factory=Saved)
    listed: Counter[str] = field(default_factory=Counter)
    spans: dict[str, Span] = field(default_factory=dict)
    rows: int = 0

    def in_words(self) -> str:
        """For the log."""
        saved = self.saved
        told = f"{saved.inserted} new, {saved.changed} changed, {saved.unchanged} as before"
        aside = ", ".join(f"{count} {reason}" for reason, count in sorted(self.listed.items()))
        return f"{told}; set aside: {aside}" if aside else told


def read(setting: Setting, unit: Unit, checkpoint: Callable[[], None]) -> Iterator[BarBatch]:
    """The unit's batches, the first of them read already. Raises ProviderError."""
    batches = iter(setting.provider.bars(unit))
    ahead: list[BarBatch] = []
    rows = 0
    for batch in batches:
        checkpoint()
        ahead.append(batch)
        rows += len(batch)
        if rows >= AHEAD_ROWS:
            break
    return chain(ahead, batches)


def save(
    cursor: Any,
    setting: Setting,
    batches: Iterable[BarBatch],
    checkpoint: Callable[[], None],
) -> Outcome:
    """Check and store batches in the caller's transaction, and list what was set aside."""
    outcome = Outcome()
    for batch in batches:
        checkpoint()
        if len(batch):
            _take(cursor, setting, batch, outcome)
    return outcome


def _take(cursor: Any, setting: Setting, batch: BarBatch, outcome: Outcome) -> None:
    source, timeframe = setting.provider.name, setting.timeframe
    checked = _checked(cursor, setting, batch)
    good = batch.where(checked.good)
    saved = store.save(cursor, timeframe, source, good)
    if timeframe == DAY and saved.since_ms:
        daily_plan.spoil(cursor, list(saved.since_ms), list(saved.since_ms.values()))
    outcome.saved += saved
    rejects.note(cursor, source, timeframe, setting.run_id, batch, checked)
    if setting.provider.is_adjusted:
        adjustment.declare(cursor, timeframe, source, good)
    outcome.rows += len(batch)
    outcome.listed.update(_listed(checked))
    outcome.spans = coverage.together(outcome.spans, coverage.days_of(good))


def _checked(cursor: Any, setting: Setting, batch: BarBatch) -> Checked:
    checked = check(
        batch,
        before.last_bars(cursor, setting.timeframe, batch),
        setting.timeframe,
        setting.now_ms,
        setting.hours,
        before.splits_near(cursor, batch),
    )
    provider = setting.provider
    return adjustment.keep_apart(
        cursor, setting.timeframe, provider.name, provider.is_adjusted, batch, checked
    )


def _listed(checked: Checked) -> dict[str, int]:
    reasons, counts = np.unique(checked.reason[checked.faults], return_counts=True)
    return {Reason(int(r)).code: int(n) for r, n in zip(reasons, counts, strict=True)}


def note_answered(
    cursor: Any,
    setting: Setting,
    unit: Unit,
    asked: tuple[date, date],
    outcome: Outcome,
    file: files.FileState | None,
) -> None:
    """Remember what the unit has answered: its file, or its symbols' days, bars or none."""
    source = setting.provider.name
    spans = outcome.spans
    if file is not None:
        files.note(cursor, source, file, outcome.rows)
    else:
        spans = coverage.together(spans, dict.fromkeys(unit.get("symbols", ()), asked))
    coverage.extend(cursor, source, setting.timeframe, spans)
