"""The symbol table as arrays that compiled code can look names up in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streaming.feeds.hashing import GOLDEN, hash_texts

LONGEST = 8
SHIFT = 40
ALL_BITS = 2**64 - 1


class SymbolSlots:
    """An open-addressed hash table of symbols of up to 8 bytes, at most half full.

    slots (int32, a power of two of them): an id, or -1 where empty. symbols (uint64, by id): the
    bytes of the name as one number (0 for a longer name), and the name's FNV-1a hash.
    """

    def __init__(self) -> None:
        self.symbols = np.zeros((0, 2), np.uint64)
        self.slots = _empty(16)

    def update(self, names: list[str], usable: frozenset[str] | None) -> None:
        """Take in the names that were added; only `usable` ones will be found (None: all)."""
        first = len(self.symbols)
        if len(names) == first:
            return
        added = np.column_stack([packed(names[first:]), hash_texts(names[first:])])
        self.symbols = np.concatenate([self.symbols, added])
        if 2 * len(names) > len(self.slots):
            self.slots = _empty(4 * len(names))
            first = 0
        for number in range(first, len(names)):
            if self.symbols[number, 0] and (usable is None or names[number] in usable):
                self._put(int(self.symbols[number, 0]), number)

    def _put(self, name: int, number: int) -> None:
        place = (name * int(GOLDEN) & ALL_BITS) >> SHIFT & (len(self.slots) - 1)
        while self.slots[place] >= 0:
            place = (place + 1) & (len(self.slots) - 1)
        self.slots[place] = number


def packed(names: list[str]) -> NDArray[np.uint64]:
    """The bytes of each name as one number; 0 where they are more than 8."""
    encoded = [name.encode() for name in names]
    numbers = [int.from_bytes(name, "big") if len(name) <= LONGEST else 0 for name in encoded]
    return np.array(numbers, np.uint64)


def _empty(room: int) -> NDArray[np.int32]:
    return np.full(1 << (room - 1).bit_length(), -1, np.int32)
