"""A session's day of some symbols: read, compared, listed, and the better bars taken over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from admin_processing.fidelity import gaps, listing, own, reference, settled
from admin_processing.fidelity.comparison import Compared, Evidence, compare, equal_cells
from admin_processing.fidelity.grid import Grid, grid
from admin_processing.fidelity.own import Stretch
from admin_processing.imports import store
from admin_processing.providers.base import MINUTE, BarBatch
from market.calendar import MarketCalendar, Session
from patterns import minute_revisions

BLOCK = 500
"""Symbols that are compared together: some hundred megabytes."""


@dataclass(frozen=True, slots=True)
class DaySetting:
    """What holds for a day. source: of the own bars; provider: the name of the other side."""

    session: Session
    source: str
    provider: str
    hours: MarketCalendar
    run_id: str

    @property
    def key(self) -> listing.Day:
        """As the tables have it."""
        return self.session.day, self.source


def reconcile(cursor: Any, setting: DaySetting, symbols: Sequence[str], theirs: BarBatch) -> int:
    """Compare, list and take over in the caller's transaction; how many bars were taken over.

    theirs: all of the provider's bars of these symbols and the day.
    """
    good = reference.good(cursor, setting.provider, theirs, setting.hours, setting.run_id)
    session = setting.session
    streams = own.stretches(cursor, setting.source, session.first_ms, session.last_ms)
    return sum(_block(cursor, setting, block, good, streams) for block in _blocks(sorted(symbols)))


def _blocks(symbols: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(symbols), BLOCK):
        yield symbols[at : at + BLOCK]


def _block(
    cursor: Any,
    setting: DaySetting,
    symbols: Sequence[str],
    theirs: BarBatch,
    streams: Sequence[Stretch],
) -> int:
    minutes = settled.minutes_of(setting.session)
    bars, partial = own.bars(cursor, symbols, setting.session.first_ms, setting.session.last_ms)
    stored = grid(symbols, minutes, bars, partial)
    provider = grid(symbols, minutes, theirs)
    ours, listed = listing.as_streamed(cursor, setting.key, stored)
    known = listing.compared(cursor, setting.key, symbols)
    before = np.array([name in known for name in symbols], np.bool_)
    auction = settled.auction_minutes(setting.session, setting.hours, minutes)
    evidence = Evidence(
        gaps.in_gaps(cursor, symbols, minutes),
        before[:, None] & ~listed,
        own.streamed(streams, minutes),
        setting.hours.in_session(minutes),
        auction,
        auction & (minutes > setting.session.close_ms),
        sum(stream.dropped for stream in streams),
    )
    found = compare(ours, provider, evidence)
    written = _take_over(cursor, setting.source, found, stored, provider)
    listing.save(cursor, setting.key, found, setting.run_id)
    return written


def _take_over(cursor: Any, source: str, found: Compared, stored: Grid, provider: Grid) -> int:
    """The provider's bars where they are better, and are not stored already."""
    cells = found.cells(found.taken) & ~(equal_cells(stored, provider) & ~stored.partial)
    bars = provider.bars(cells)
    saved = store.save(cursor, MINUTE, source, bars)
    if saved.written:
        minute_revisions.note(
            cursor, reference.first_changed(bars.symbol.tolist(), bars.time_ms.tolist())
        )
    return saved.written
