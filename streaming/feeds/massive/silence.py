"""Which symbols have not traded for long. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from streaming.feeds.massive.parsing import Halt


class SilenceWatch:
    """When each symbol was last heard of, in wall ms; a halted one is not silent but halted."""

    def __init__(self, symbols: Sequence[str], ids: NDArray[np.int32]) -> None:
        self._symbols = list(symbols)
        self._ids = ids
        self._last = np.zeros(int(ids.max(initial=-1)) + 1, np.int64)
        self._halted: set[str] = set()

    def started(self, wall_ms: int) -> None:
        """A connection is up: silence counts from here."""
        self._last[:] = np.maximum(self._last, wall_ms)

    def heard(self, ids: NDArray[np.int32], wall_ms: int) -> None:
        """Trades in these symbols came; those that are not watched are passed over."""
        if len(self._last):
            self._last[ids[ids < len(self._last)]] = wall_ms

    def halts(self, changes: Iterable[Halt]) -> None:
        """Trading stopped or went on."""
        for change in changes:
            (self._halted.add if change.halted else self._halted.discard)(change.symbol)

    def silent(self, wall_ms: int, longer_than_ms: int) -> list[str]:
        """The symbols silent for longer, halted ones left out."""
        quiet = wall_ms - self._last[self._ids] > longer_than_ms
        names = (self._symbols[place] for place in np.flatnonzero(quiet).tolist())
        return [name for name in names if name not in self._halted]
