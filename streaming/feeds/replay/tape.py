"""What a tape is to the replay: a series of chunks, each a batch with a sort key a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from streaming.ticks import SymbolTable, TickBatch

CHUNK_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of a tape with their keys, which never decrease along the tape."""

    keys: NDArray[np.int64]
    batch: TickBatch

    def __len__(self) -> int:
        return len(self.keys)

    def part(self, start: int, end: int) -> Chunk:
        """Rows [start, end)."""
        return Chunk(self.keys[start:end], self.batch.take(slice(start, end)))


@dataclass
class Rejects:
    """Rows set aside, counted by reason, with the first sample of each.

    noted: what was counted, but kept.
    """

    noted: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, bytes] = field(default_factory=dict)

    def add(self, reason: str, count: int = 1, sample: bytes = b"") -> None:
        """Count `count` more."""
        if count:
            self.counts[reason] += count
            self.samples.setdefault(reason, sample)

    def hand_over(self, tell: Callable[[str, int, bytes], None]) -> None:
        """Tell what was counted since the last time."""
        for reason, count in self.counts.items():
            tell(reason, count, self.samples.get(reason, b""))
        self.counts.clear()
        self.samples.clear()


class Tape(Protocol):
    """One file of recorded trades."""

    path: Path

    def batches(self, symbols: SymbolTable, rejects: Rejects) -> Iterator[TickBatch]:
        """All of its trades in the order of the tape, some at a time."""


def keyed(batches: Iterator[TickBatch]) -> Iterator[Chunk]:
    """Each batch with the newest time up to each of its rows.

    Merged by this key, a tape's late trades stay late: they come just where they came.
    """
    newest = np.int64(np.iinfo(np.int64).min)
    for batch in batches:
        if len(batch):
            keys = np.maximum(np.maximum.accumulate(batch.time_ms), newest)
            newest = keys[-1]
            yield Chunk(keys, batch)
