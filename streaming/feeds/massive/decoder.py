"""Frames of Massive's WebSocket to one TickBatch, the fast way wherever they are plain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from market.conditions import ConditionTable, built_in
from streaming.feeds.massive.messages import LimitBand, Rejected, Status, Trade, messages
from streaming.feeds.massive.parsing import Flags, Halt, Universe, halts, trade_columns
from streaming.feeds.massive.scanner import scan
from streaming.feeds.massive.slots import SymbolSlots
from streaming.ticks import SymbolTable, TickBatch, concatenate, empty_batch

MAX_FRAME_BYTES = 4 << 20
# No trade with all that it needs is shorter: {"ev":"T","sym":"A","p":1,"t":1,"s":1}
SHORTEST_TRADE = 36


@dataclass
class Decoded:
    """What some frames held: trades in the order of the frames, answers, halts, and rejects."""

    batch: TickBatch = field(default_factory=empty_batch)
    statuses: list[Status] = field(default_factory=list)
    halts: list[Halt] = field(default_factory=list)
    rejected: Rejected = field(default_factory=Rejected)


class Joined:
    """Frames one after the other, a NUL behind each: what the scanner reads.

    The room is used again: fresh memory for each batch would cost a quarter of the scan.
    """

    def __init__(self) -> None:
        self.data = np.empty(1 << 16, np.uint8)
        self.starts = self.ends = np.empty(0, np.int64)

    def take(self, frames: Sequence[bytes]) -> int:
        """Put `frames` in; returns how many bytes they have."""
        lengths = np.array([len(frame) for frame in frames], np.int64)
        self.ends = np.cumsum(lengths + 1) - 1
        self.starts = self.ends - lengths
        total = int(self.ends[-1]) + 1
        if total > len(self.data):
            self.data = np.empty(2 * total, np.uint8)
        for frame, start, end in zip(frames, self.starts.tolist(), self.ends.tolist(), strict=True):
            self.data[start:end] = np.frombuffer(frame, np.uint8)
        self.data[self.ends] = 0
        return total


class Rows:
    """Room for trades as the scanner writes them, a row each, and their columns."""

    def __init__(self, room: int) -> None:
        self.reserve(room)

    def reserve(self, room: int) -> None:
        """Have room for so many rows; what was there is lost."""
        self.whole = np.empty((room, 5), np.int64)
        self.real = np.empty((room, 2), np.float64)

    def batch(self, start: int, end: int) -> TickBatch:
        """Rows [start, end) as columns."""
        whole, real = self.whole[start:end], self.real[start:end]
        return TickBatch(
            symbol_id=whole[:, 0].astype(np.int32),
            time_ms=whole[:, 1].copy(),
            price=real[:, 0].copy(),
            size=real[:, 1].copy(),
            flags=whole[:, 2].astype(np.uint8),
            sequence=whole[:, 3].copy(),
            trade_key=whole[:, 4].astype(np.uint64),
        )


class FrameDecoder:
    """Decodes frames against one symbol table.

    accepted: the symbols to take, others are rejected; None takes whatever looks like one.
    """

    def __init__(
        self,
        symbols: SymbolTable,
        accepted: frozenset[str] | None = None,
        conditions: ConditionTable | None = None,
        max_frame_bytes: int = MAX_FRAME_BYTES,
    ) -> None:
        table = conditions or built_in()
        self.flags = Flags(table)
        self.universe = Universe(symbols, accepted)
        self._entries = table.entries
        self._unknown = np.zeros(len(table.entries), np.int64)
        self._slots = SymbolSlots()
        self._max_frame_bytes = max_frame_bytes
        self._joined = Joined()
        self._rows = Rows(1024)

    @property
    def unknown_conditions(self) -> Counter[int]:
        """How often each unknown condition id came, on good trades."""
        ids = np.flatnonzero(self._unknown).tolist()
        return self.flags.unknown + Counter({i: int(self._unknown[i]) for i in ids})

    def decode(self, frames: Sequence[bytes], earliest_ms: int, latest_ms: int) -> Decoded:
        """All of `frames` at once; trades outside [earliest_ms, latest_ms] are rejected."""
        decoded = Decoded()
        frames = self._small_enough(frames, decoded.rejected)
        if not frames:
            return decoded
        joined, rows = self._joined, self._rows
        room = joined.take(frames) // SHORTEST_TRADE + 1
        if room > len(rows.real):
            rows.reserve(2 * room)
        batches: list[TickBatch] = []
        frame = filled = 0
        while frame < len(frames):
            slots = self._slots
            slots.update(self.universe.table.names, self.universe.accepted)
            frame, end = scan(
                joined.data, joined.starts, joined.ends, frame, slots.slots, slots.symbols,
                self._entries, self._unknown, earliest_ms, latest_ms,
                rows.whole, rows.real, filled,
            )  # fmt: skip
            batches.append(rows.batch(filled, end))
            filled = end
            if frame < len(frames):
                batches.append(self.slowly(frames[frame], earliest_ms, latest_ms, decoded))
                frame += 1
        decoded.batch = concatenate([batch for batch in batches if len(batch)])
        return decoded

    def slowly(self, frame: bytes, earliest_ms: int, latest_ms: int, decoded: Decoded) -> TickBatch:
        """One frame of any kind, message by message; returns its trades, adds the rest."""
        found = messages(frame, decoded.rejected)
        trades = [message for message in found if type(message) is Trade]
        decoded.statuses += [message for message in found if type(message) is Status]
        decoded.halts += halts([message for message in found if type(message) is LimitBand])
        if not trades:
            return empty_batch()
        return trade_columns(
            trades, self.universe, self.flags, earliest_ms, latest_ms, decoded.rejected
        )

    def _small_enough(self, frames: Sequence[bytes], rejected: Rejected) -> Sequence[bytes]:
        if all(len(frame) <= self._max_frame_bytes for frame in frames):
            return frames
        for frame in frames:
            if len(frame) > self._max_frame_bytes:
                rejected.add("frame_too_big", frame[:64])
        return [frame for frame in frames if len(frame) <= self._max_frame_bytes]
