"""Several sources, each in order, as one in order: a merge by chunks, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streaming.feeds.replay.tape import Chunk
from streaming.ticks import concatenate


@dataclass(frozen=True, slots=True)
class Merged:
    """A chunk of the merge, and of which source each row is."""

    chunk: Chunk
    source: NDArray[np.intp]


class _Head:
    """What has been read of one source and not yet been merged."""

    def __init__(self, index: int, chunks: Iterator[Chunk]) -> None:
        self.index = index
        self._chunks = chunks
        self._chunk: Chunk | None = None
        self._start = 0

    def fill(self) -> bool:
        """Read on if nothing is left; False at the source's end."""
        while self._chunk is None or self._start >= len(self._chunk):
            self._chunk = next(self._chunks, None)
            self._start = 0
            if self._chunk is None:
                return False
        return True

    @property
    def last(self) -> int:
        assert self._chunk is not None
        return int(self._chunk.keys[-1])

    def take(self, horizon: int, inclusive: bool) -> Chunk:
        """The rows up to `horizon`."""
        assert self._chunk is not None
        keys = self._chunk.keys
        end = int(np.searchsorted(keys, horizon + 1 if inclusive else horizon))
        taken = self._chunk.part(self._start, max(end, self._start))
        self._start = max(end, self._start)
        return taken


def merge(sources: list[Iterator[Chunk]]) -> Iterator[Merged]:
    """All rows of all sources by key; of equal keys, those of the earlier source come first."""
    heads = [_Head(i, chunks) for i, chunks in enumerate(sources)]
    while heads := [head for head in heads if head.fill()]:
        first = min(heads, key=lambda head: head.last)
        horizon = first.last
        taken = [head.take(horizon, head.index <= first.index) for head in heads]
        yield _interleave(taken, [head.index for head in heads])


def _interleave(chunks: list[Chunk], indices: list[int]) -> Merged:
    keys = np.concatenate([chunk.keys for chunk in chunks])
    source = np.repeat(np.array(indices, np.intp), [len(chunk) for chunk in chunks])
    batch = concatenate([chunk.batch for chunk in chunks])
    if len(chunks) == 1:
        return Merged(Chunk(keys, batch), source)
    order = np.argsort(keys, kind="stable")
    return Merged(Chunk(keys[order], batch.take(order)), source[order])
