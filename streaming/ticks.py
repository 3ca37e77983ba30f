"""Ticks as columns: one `TickBatch` holds many trades, one NumPy column a field.

One Python object a tick is where a streaming system loses its speed, so nothing past the feed's
decoder ever sees a single tick.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

HIGH_LOW = np.uint8(1)
OPEN_CLOSE = np.uint8(2)
VOLUME = np.uint8(4)
FORM_T = np.uint8(8)
EVERYTHING = np.uint8(7)

COLUMN_TYPES: dict[str, type[np.generic]] = {
    "symbol_id": np.int32,
    "time_ms": np.int64,
    "price": np.float64,
    "size": np.float64,
    "flags": np.uint8,
    "sequence": np.int64,
    "trade_key": np.uint64,
}


class SymbolTable:
    """Symbol names and their ids, which are positions; append-only, so an id never changes."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names: list[str] = []
        self._ids: dict[str, int] = {}
        for name in names:
            self.id(name)

    def __len__(self) -> int:
        return len(self.names)

    def id(self, name: str) -> int:
        """The id of `name`, made new if it has none."""
        found = self._ids.get(name)
        if found is None:
            found = self._ids[name] = len(self.names)
            self.names.append(name)
        return found

    def ids(self, names: Sequence[str]) -> NDArray[np.int32]:
        """The ids of `names`, in their order; unknown names get new ids."""
        known = self._ids
        try:
            return np.array([known[name] for name in names], dtype=np.int32)
        except KeyError:
            return np.array([self.id(name) for name in names], dtype=np.int32)

    def find(self, name: str) -> int | None:
        """The id of `name`, or None where it has none yet."""
        return self._ids.get(name)


@dataclass(frozen=True, slots=True)
class TickBatch:
    """Trades in feed order, as parallel columns of one length.

    symbol_id: position in the journal's `SymbolTable`.
    time_ms: SIP time, Unix milliseconds UTC; decides the minute.
    price, size: as traded; sizes may be fractional.
    flags: what the trade may update: HIGH_LOW | OPEN_CLOSE | VOLUME; FORM_T marks a trade that
        counts for its volume alone in regular hours and in full outside them.
    sequence: orders trades of equal `time_ms`.
    trade_key: 64-bit hash of the trade's identity; 0 where the feed has none.
    """

    symbol_id: NDArray[np.int32]
    time_ms: NDArray[np.int64]
    price: NDArray[np.float64]
    size: NDArray[np.float64]
    flags: NDArray[np.uint8]
    sequence: NDArray[np.int64]
    trade_key: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.time_ms)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp] | slice) -> TickBatch:
        """The chosen rows, as a batch of their own."""
        return TickBatch(*(getattr(self, name)[rows] for name in COLUMN_TYPES))


def empty_batch() -> TickBatch:
    """A batch without a tick."""
    return TickBatch(*(np.empty(0, dtype) for dtype in COLUMN_TYPES.values()))


def concatenate(batches: Sequence[TickBatch]) -> TickBatch:
    """One batch of all, in order."""
    if len(batches) == 1:
        return batches[0]
    if not batches:
        return empty_batch()
    return TickBatch(
        *(np.concatenate([getattr(batch, f.name) for batch in batches]) for f in fields(TickBatch))
    )
