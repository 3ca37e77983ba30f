"""Ticks into one-minute bars: a pure function of the journal, whatever the pace it is read at.

A minute closes at the entry whose watermark (newest event time less a grace) passes its end, for
all symbols together. A trade that comes after that is late: it revises the closed bar for
`LATE_MINUTES`; later ones are counted and left to the nightly reconciliation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from streaming.duplicates import TradeMemory
from streaming.feeds.base import FeedGap
from streaming.journal import START, Entry, Kind, id_parts
from streaming.slots import MinuteBars, MinuteSlot
from streaming.ticks import FORM_T, VOLUME, TickBatch

MINUTE_MS = 60_000
LATE_MINUTES = 15
REMEMBERED_MINUTES = 16
PRICE_BITS = np.uint8(7)


class Hours(Protocol):
    """Which moments' ticks count, and which minutes lie in regular hours."""

    def in_session(self, times_ms: NDArray[np.int64]) -> NDArray[np.bool_]: ...

    def regular_hours(self, minutes_ms: NDArray[np.int64]) -> NDArray[np.bool_]: ...


@dataclass(slots=True)
class Outcome:
    """What one entry made: closed minutes, oldest first, and late revisions that are now due."""

    closed: list[MinuteBars] = field(default_factory=list)
    revised: list[MinuteBars] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.closed or self.revised)


class Aggregator:
    """The open minutes and the last `REMEMBERED_MINUTES` closed ones of one shard.

    hours: the market's hours, or None to take ticks of any time. grace_ms: how long after a
    minute's end, in event time, its trades may still come without being late.
    """

    def __init__(self, hours: Hours | None = None, grace_ms: int = 250) -> None:
        self._hours, self._grace_ms = hours, grace_ms
        self.newest_ms = 0
        self.closed_through = -1
        self._floor: int | None = None
        self._first_id: str | None = None
        self._slots: dict[int, MinuteSlot] = {}
        self._memory = TradeMemory()
        self._gaps: list[FeedGap] = []
        self._pending_revisions = False
        self._symbols = 0
        self._first_entry: dict[int, str] = {}
        self.processed = 0
        self.late = 0
        self.dropped: Counter[str] = Counter()

    def apply(self, entry: Entry) -> Outcome:
        """Count one entry's trades and close the minutes that its clock has passed."""
        self._mark_minute(entry)
        if entry.gap is not None:
            self._note_gap(entry.gap)
        if len(entry.batch):
            self._count(entry.batch)
        if self._first_id is None and self._floor is not None:
            self._first_id = entry.entry_id
        self._advance(entry)
        closed = list(self._close_passed())
        outcome = Outcome(closed=closed)
        if self._pending_revisions and (closed or entry.kind is Kind.CLOCK):
            outcome.revised = self._take_revisions()
        if closed:
            self._forget()
        return outcome

    def continue_journal(self) -> None:
        """What comes is not the journal's beginning, so no trade is from before it."""
        self._floor, self._first_id = -1, START

    def forget_counts(self) -> None:
        """Start counting from nothing, after a rebuild that counted what was counted before."""
        self.processed = self.late = 0
        self.dropped.clear()

    # --- where a restart reads from -------------------------------------------------------------

    def _mark_minute(self, entry: Entry) -> None:
        newest = max(self.newest_ms, _newest(entry))
        self._first_entry.setdefault(newest // MINUTE_MS, entry.entry_id)
        if len(entry.batch):
            oldest = int(entry.batch.time_ms.min())
            self._first_entry.setdefault(oldest // MINUTE_MS, entry.entry_id)
        if entry.gap is not None:
            # It is told when it is over, maybe long after the newest tick: its last minute is what
            # keeps it in reach of a start.
            last = (entry.gap.ended_ms - 1) // MINUTE_MS
            self._first_entry.setdefault(last, entry.entry_id)

    def resume_id(self, fallback: str) -> str:
        """The oldest entry with a tick of a minute that is not closed."""
        return self._oldest_entry(self.closed_through + 1, fallback)

    def rewind_id(self, fallback: str) -> str:
        """Where a start reads from: `REMEMBERED_MINUTES` before the oldest open minute.

        While the first tick of all is within reach it is the journal's beginning, so that a start
        knows it for the first.
        """
        found = self._oldest_entry(self.closed_through + 1 - REMEMBERED_MINUTES, fallback)
        first = self._first_id
        return START if first is None or id_parts(found) <= id_parts(first) else found

    def _oldest_entry(self, minute: int, fallback: str) -> str:
        ids = [entry_id for at, entry_id in self._first_entry.items() if at >= minute]
        return min(ids, key=id_parts, default=fallback)

    # --- counting -------------------------------------------------------------------------------

    def _count(self, batch: TickBatch) -> None:
        self._symbols = max(self._symbols, int(batch.symbol_id.max()) + 1)
        batch = self._in_session(batch)
        if not len(batch):
            return
        minutes = batch.time_ms // MINUTE_MS
        if self._floor is None:
            self._floor = int(max(minutes.min(), minutes.max() - LATE_MINUTES))
        low, high = int(minutes.min()), int(minutes.max())
        if low == high:
            self._count_minute(low, batch)
            return
        for minute in np.unique(minutes).tolist():
            self._count_minute(minute, batch.take(minutes == minute))

    def _in_session(self, batch: TickBatch) -> TickBatch:
        if self._hours is None:
            return batch
        inside = self._hours.in_session(batch.time_ms)
        if inside.all():
            return batch
        self.dropped["out_of_session"] += int(len(batch) - inside.sum())
        return batch.take(inside)

    def _count_minute(self, minute: int, batch: TickBatch) -> None:
        late = minute <= self.closed_through
        if late and not self._may_revise(minute):
            self.dropped["too_late"] += len(batch)
            return
        batch = self._without_duplicates(minute, batch)
        if not len(batch):
            return
        slot = self._slot(minute)
        flags = self._flags(minute, batch)
        self.processed += len(batch)
        if late:
            self.late += len(batch)
            self._pending_revisions = True
            slot.revise(batch, flags)
        else:
            slot.add(batch, flags)

    def _may_revise(self, minute: int) -> bool:
        floor = self._floor if self._floor is not None else minute
        return minute >= floor and minute > self.closed_through - LATE_MINUTES

    def _without_duplicates(self, minute: int, batch: TickBatch) -> TickBatch:
        repeated = self._memory.repeated(minute, batch.trade_key)
        count = int(repeated.sum())
        if not count:
            return batch
        self.dropped["duplicate"] += count
        return batch.take(~repeated)

    def _flags(self, minute: int, batch: TickBatch) -> NDArray[np.uint8]:
        """What each trade may update, once the hours are known (a Form T trade's depends)."""
        may = batch.flags & PRICE_BITS
        form_t = (batch.flags & FORM_T) != 0
        if form_t.any() and self._is_regular(minute):
            may = np.where(form_t, may & VOLUME, may)
        return may

    def _is_regular(self, minute: int) -> bool:
        if self._hours is None:
            return True
        return bool(self._hours.regular_hours(np.array([minute * MINUTE_MS]))[0])

    def _slot(self, minute: int) -> MinuteSlot:
        slot = self._slots.get(minute)
        if slot is None:
            slot = self._slots[minute] = MinuteSlot(minute * MINUTE_MS, self._symbols)
            slot.partial = any(_overlaps(gap, minute) for gap in self._gaps)
        slot.reserve(self._symbols)
        return slot

    def _note_gap(self, gap: FeedGap) -> None:
        self._gaps.append(gap)
        for minute, slot in self._slots.items():
            if minute > self.closed_through and _overlaps(gap, minute):
                slot.partial = True

    # --- closing --------------------------------------------------------------------------------

    def _advance(self, entry: Entry) -> None:
        self.newest_ms = max(self.newest_ms, _newest(entry))

    def _close_passed(self) -> Iterator[MinuteBars]:
        if not self.newest_ms:
            return
        through = (self.newest_ms - self._grace_ms) // MINUTE_MS - 1
        if through <= self.closed_through:
            return
        due = sorted(m for m in self._slots if self.closed_through < m <= through)
        self.closed_through = through
        self._memory.close(through)
        for minute in due:
            yield self._slots[minute].bars()

    def _take_revisions(self) -> list[MinuteBars]:
        self._pending_revisions = False
        minutes = sorted(m for m in self._slots if m <= self.closed_through)
        revised = (self._slots[minute].take_revised() for minute in minutes)
        return [bars for bars in revised if len(bars)]

    def _forget(self) -> None:
        """Drop what no tick can reach any more."""
        oldest = self.closed_through + 1 - REMEMBERED_MINUTES
        for minute in [m for m in self._slots if m < oldest]:
            del self._slots[minute]
        self._memory.forget(oldest)
        self._gaps = [gap for gap in self._gaps if gap.ended_ms > oldest * MINUTE_MS]
        stale = [m for m in self._first_entry if m < oldest]
        for minute in stale:
            del self._first_entry[minute]

    def open_bars(self) -> list[MinuteBars]:
        """The bars of the minutes that are still open, all marked partial: for a clean stop."""
        minutes = sorted(m for m in self._slots if m > self.closed_through)
        made = [self._slots[minute].bars() for minute in minutes]
        for bars in made:
            bars.is_partial[:] = True
        return [bars for bars in made if len(bars)]


def _newest(entry: Entry) -> int:
    newest = int(entry.batch.time_ms.max()) if len(entry.batch) else 0
    return max(newest, entry.clock_ms)


def _overlaps(gap: FeedGap, minute: int) -> bool:
    return gap.started_ms < (minute + 1) * MINUTE_MS and gap.ended_ms > minute * MINUTE_MS
