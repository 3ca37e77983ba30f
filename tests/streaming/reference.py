"""Bars the slow way: one trade at a time, in plain Python, from the rules of a correct bar.

This is what the columnar program is held against. It shares no code with it, and takes nothing
from it but the shape of a journal entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from streaming.journal import Entry

MINUTE_MS = 60_000
HIGH_LOW, OPEN_CLOSE, VOLUME = 1, 2, 4


@dataclass
class SlowBar:
    """The trades of one symbol and minute, and how many came late."""

    trades: list[tuple[int, int, float, float, int]] = field(default_factory=list)
    late: int = 0

    def row(self, partial: bool) -> tuple[float, ...] | None:
        """open, high, low, close, volume, trades, late trades, partial; None without a price."""
        setting = sorted(t[:3] for t in self._in_order() if t[4] & OPEN_CLOSE)
        priced = [t[2] for t in self.trades if t[4] & (HIGH_LOW | OPEN_CLOSE)]
        if not setting:
            return None
        volume = sum(t[3] for t in self.trades if t[4] & VOLUME)
        counted = sum(bool(t[4]) for t in self.trades)
        first, last = setting[0][2], setting[-1][2]
        return first, max(priced), min(priced), last, volume, counted, self.late, partial

    def _in_order(self) -> list[tuple[int, int, float, float, int]]:
        return sorted(self.trades, key=lambda t: t[:2])


class SlowBars:
    """Entries in, closed and revised bars out, with every rule spelt out."""

    def __init__(self, grace_ms: int = 250) -> None:
        self.grace_ms = grace_ms
        self.newest_ms = 0
        self.closed = -1
        self.floor: int | None = None
        self.bars: dict[tuple[int, int], SlowBar] = {}
        self.seen: list[tuple[int, int]] = []
        self.gaps: list[tuple[int, int]] = []
        self.partial: dict[int, bool] = {}
        self.duplicates = self.too_late = self.late = 0

    def apply(self, entry: Entry) -> None:
        if entry.gap is not None:
            self._gap(entry.gap.started_ms, entry.gap.ended_ms)
        rows = self._rows(entry)
        if rows and self.floor is None:
            minutes = [row[1] // MINUTE_MS for row in rows]
            self.floor = max(min(minutes), max(minutes) - 15)
        for row in rows:
            self._trade(*row)
        self.newest_ms = max([self.newest_ms, entry.clock_ms, *(row[1] for row in rows)])
        if self.newest_ms:
            self.closed = max(self.closed, (self.newest_ms - self.grace_ms) // MINUTE_MS - 1)

    def _rows(self, entry: Entry) -> list[tuple[int, int, float, float, int, int, int]]:
        b = entry.batch
        columns = (b.symbol_id, b.time_ms, b.price, b.size, b.flags, b.sequence, b.trade_key)
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def _gap(self, started_ms: int, ended_ms: int) -> None:
        self.gaps.append((started_ms, ended_ms))
        for minute in self.partial:
            if minute > self.closed:
                self.partial[minute] = self._in_gap(minute)

    def _in_gap(self, minute: int) -> bool:
        start, end = minute * MINUTE_MS, (minute + 1) * MINUTE_MS
        return any(a < end and b > start for a, b in self.gaps)

    def _trade(
        self, symbol: int, time_ms: int, price: float, size: float, flags: int, order: int, key: int
    ) -> None:
        minute = time_ms // MINUTE_MS
        is_late = minute <= self.closed
        assert self.floor is not None
        if is_late and (minute < self.floor or minute <= self.closed - 15):
            self.too_late += 1
            return
        # 16 minutes are remembered: those from 15 before the newest closed one on.
        remembered = {k for k, m in self.seen if m >= self.closed - 15}
        if key:
            self.seen.append((key, minute))
        if key and key in remembered:
            self.duplicates += 1
            return
        # A minute is partial for all symbols or none, and stays what it was when it closed.
        self.partial.setdefault(minute, self._in_gap(minute))
        bar = self.bars.setdefault((symbol, minute), SlowBar())
        bar.trades.append((time_ms, order, price, size, flags & 7))
        if is_late:
            self.late += 1
            bar.late += bool(flags & 7)

    def stored(self) -> dict[tuple[int, int], tuple[float, ...]]:
        """(symbol, minute) → the bar that is stored by now."""
        closed = {key: bar for key, bar in self.bars.items() if key[1] <= self.closed}
        rows = {key: bar.row(self.partial[key[1]]) for key, bar in closed.items()}
        return {key: row for key, row in rows.items() if row is not None}


def slow_bars(entries: Sequence[Entry]) -> SlowBars:
    """All entries, worked through."""
    made = SlowBars()
    for entry in entries:
        made.apply(entry)
    return made
