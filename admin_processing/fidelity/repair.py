"""What was missed, from the provider into the database: one transaction with the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from admin_processing.fidelity import gaps, reference
from admin_processing.fidelity.gaps import Cell, Gap
from admin_processing.imports import store
from admin_processing.providers.base import MINUTE, BarBatch, Ints, Provider
from market.calendar import MINUTE_MS, MarketCalendar
from patterns import minute_revisions


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for all of a run. source: of the database's own bars."""

    provider: Provider
    source: str
    hours: MarketCalendar
    run_id: str | None


def heal_gap(
    cursor: Any, setting: Setting, gap: Gap, minutes_ms: Ints, bars: BarBatch, answered: set[str]
) -> int:
    """Store a gap's bars and close its entry; how many rows were written.

    bars: the provider's, of these minutes. answered: symbols of which it has any bar of the days.
    """
    found, written = _store(cursor, setting, bars)
    if len(minutes_ms):
        until_ms = int(minutes_ms[-1]) + MINUTE_MS
        wanted = set(minutes_ms.tolist())
        cells = gaps.partial_bars(cursor, int(minutes_ms[0]), until_ms)
        written += _complete(
            cursor, bars, [c for c in cells if c[1] in wanted and c[0] in answered]
        )
    told = reference.CALLED.get(setting.provider.name, setting.provider.name)
    gaps.note_healed(cursor, gap, f"{told}: {found} bars" if found else "no trades")
    return written


def heal_partial(
    cursor: Any, setting: Setting, cells: Sequence[Cell], bars: BarBatch, answered: set[str]
) -> int:
    """Store the provider's bars of partial ones; how many rows were written."""
    wanted = set(cells)
    chosen = np.array([key in wanted for key in _keys(bars)], np.bool_)
    _, written = _store(cursor, setting, bars.where(chosen))
    return written + _complete(cursor, bars, [cell for cell in cells if cell[0] in answered])


def _store(cursor: Any, setting: Setting, bars: BarBatch) -> tuple[int, int]:
    """Those that pass the checks: how many there are, and how many differed from what is stored."""
    good = reference.good(cursor, setting.provider.name, bars, setting.hours, setting.run_id)
    if not len(good):
        return 0, 0
    saved = store.save(cursor, MINUTE, setting.source, good)
    if saved.written:
        minute_revisions.note(
            cursor, reference.first_changed(good.symbol.tolist(), good.time_ms.tolist())
        )
    return len(good), saved.written


def _complete(cursor: Any, bars: BarBatch, partial: Sequence[Cell]) -> int:
    """Where the provider has no trade, what the stream saw is all there was."""
    theirs = set(_keys(bars))
    cells = [cell for cell in partial if cell not in theirs]
    count = gaps.complete(cursor, cells)
    if count:
        symbols, minutes = zip(*cells, strict=True)
        minute_revisions.note(cursor, reference.first_changed(symbols, minutes))
    return count


def _keys(bars: BarBatch) -> list[Cell]:
    return list(zip(bars.symbol.tolist(), bars.time_ms.tolist(), strict=True))
