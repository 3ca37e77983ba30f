"""A sink that remembers everything a feed gave it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from streaming.feeds.base import FeedGap
from streaming.ticks import SymbolTable, TickBatch, concatenate


class RecordingSink:
    """What came, by kind, and in `events` all of it in its order, as (kind, what)."""

    def __init__(self, symbols: Sequence[str] = ()) -> None:
        self.symbols = SymbolTable(symbols)
        self.events: list[tuple[str, object]] = []
        self.batches: list[TickBatch] = []
        self.positions: list[bytes] = []
        self.clocks: list[int] = []
        self.gaps: list[FeedGap] = []
        self.connections: list[tuple[bool, str]] = []
        self.rejects: Counter[str] = Counter()
        self.samples: list[bytes] = []
        self.silences: list[list[str]] = []
        self._changed = threading.Condition()

    def ticks(self, batch: TickBatch, position: bytes = b"", received_ms: int = 0) -> None:
        self.batches.append(batch)
        self.positions.append(position)
        self._add("ticks", batch)

    def clock(self, time_ms: int, position: bytes = b"") -> None:
        self.clocks.append(time_ms)
        self.positions.append(position)
        self._add("clock", time_ms)

    def gap(self, gap: FeedGap) -> None:
        self.gaps.append(gap)
        self._add("gap", gap)

    def connected(self, connected: bool, detail: str) -> None:
        self.connections.append((connected, detail))
        self._add("connected", connected)

    def rejected(self, reason: str, count: int = 1, sample: bytes = b"") -> None:
        self.rejects[reason] += count
        self.samples.append(sample)
        self._add("rejected", reason)

    def silent(self, symbols: Sequence[str]) -> None:
        self.silences.append(list(symbols))
        self._add("silent", list(symbols))

    def wait_for(self, condition: Callable[[], object], secs: float = 10.0) -> bool:
        """Wait until `condition()` holds."""
        with self._changed:
            return bool(self._changed.wait_for(condition, secs))

    def events_with_positions(self) -> list[tuple[TickBatch, bytes]]:
        """Every batch with its position."""
        kinds = [kind for kind, _ in self.events if kind in ("ticks", "clock")]
        pairs = zip(kinds, self.positions, strict=True)
        positions = [position for kind, position in pairs if kind == "ticks"]
        return list(zip(self.batches, positions, strict=True))

    @property
    def batch(self) -> TickBatch:
        """All ticks in one."""
        return concatenate(self.batches)

    @property
    def count(self) -> int:
        """How many ticks came."""
        return sum(map(len, self.batches))

    def prices(self, symbol: str) -> list[float]:
        """The prices of one symbol, as they came."""
        batch = self.batch
        return batch.price[batch.symbol_id == self.symbols.find(symbol)].tolist()

    def _add(self, kind: str, what: object) -> None:
        with self._changed:
            self.events.append((kind, what))
            self._changed.notify_all()
