"""The provider's minute bars: asked for, checked as an import checks them, never mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np

from admin_processing.fidelity import clock
from admin_processing.imports import before, rejects
from admin_processing.imports.checks import check
from admin_processing.providers.base import (
    MINUTE,
    BarBatch,
    Ints,
    Provider,
    ProviderError,
    Unit,
    Wanted,
    empty_bars,
)
from admin_processing.runs.phase import PhaseFailed
from market.calendar import MarketCalendar
from market.sources import REAL

REST = "massive"
"""Asked where the request names nobody: it has every day, and what was corrected since."""
Answer = tuple[BarBatch, set[str]]
"""Bars of the minutes that were asked for, and the symbols that have any bar of those days."""
CALLED = {REST: "rest"}
"""What the ledger calls a provider."""


def heals(source: str) -> bool:
    """Whether any provider has what bars of this source missed: only the real market's."""
    return source in REAL


def why_nobody(source: str | None) -> str:
    """Why there is nothing to do in a database of this source; empty where there may be."""
    if source is None:
        return "there are no minute bars"
    if heals(source):
        return ""
    return f"minute bars are of source {source!r}, for which no provider has others"


def chosen(find: Callable[[str], Provider], name: str) -> Provider:
    """The provider of this name, or REST. Raises PhaseFailed."""
    try:
        found = find(name or REST)
    except ProviderError as error:
        raise PhaseFailed(str(error)) from None
    if not heals(found.name) or found.is_adjusted:
        kind = "adjusted" if found.is_adjusted else "made up"
        raise PhaseFailed(
            f"source {found.name!r} gives bars that are {kind}; own bars are held against those of "
            f"the real market as traded. Name another source, such as {REST}"
        )
    return found


def units(provider: Provider, symbols: Sequence[str], first: date, last: date) -> list[Unit]:
    """What to ask for. Raises PhaseFailed."""
    try:
        return provider.units(Wanted(MINUTE, symbols, first, last))
    except ProviderError as error:
        raise PhaseFailed(str(error)) from None


def fetch(
    provider: Provider,
    units: Iterable[Unit],
    symbols: Sequence[str],
    minutes_ms: Ints,
    checkpoint: Callable[[], None],
) -> Answer:
    """The units' bars of these symbols and minutes. Raises ProviderError."""
    names = np.array(symbols, np.str_)
    kept: list[BarBatch] = []
    answered: set[str] = set()
    for unit in units:
        checkpoint()
        for batch in provider.bars(unit):
            checkpoint()
            mine = batch.where(np.isin(batch.symbol, names))
            answered.update(np.unique(mine.symbol).tolist())
            kept.append(mine.where(np.isin(mine.time_ms, minutes_ms)))
    return joined(kept), answered


def nothing() -> Answer:
    """Nobody was asked."""
    return empty_bars(), set()


def joined(batches: Sequence[BarBatch]) -> BarBatch:
    """All rows, batch after batch."""
    if not batches:
        return empty_bars()
    fields = BarBatch.__dataclass_fields__
    return BarBatch(*(np.concatenate([getattr(b, name) for b in batches]) for name in fields))


def good(
    cursor: Any, source: str, bars: BarBatch, hours: MarketCalendar, run_id: str | None
) -> BarBatch:
    """The rows that pass the checks of an import; the others are listed, in the transaction."""
    now_ms = clock.now_ms()
    known, splits = before.last_bars(cursor, MINUTE, bars), before.splits_near(cursor, bars)
    checked = check(bars, known, MINUTE, now_ms, hours, splits)
    rejects.note(cursor, source, MINUTE, run_id, bars, checked)
    return bars.where(checked.good)


def first_changed(symbols: Iterable[str], minutes_ms: Iterable[int]) -> dict[str, int]:
    """The first minute of each symbol among changed bars: what `minute_revisions.note` takes."""
    found: dict[str, int] = {}
    for name, moment in zip(symbols, minutes_ms, strict=True):
        found[name] = min(moment, found.get(name, moment))
    return found
