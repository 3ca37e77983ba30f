"""The symbol table as arrays that compiled code can look names up in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streaming.feeds.hashing import GOLDEN, hash_texts

LONGEST = 8
SHIFT = 40
ALL_BITS = 2**64 - 1


class SymbolSlots:
    """An open-addressed hash table of symbols of up to 8 bytes, at most a quarter full.

    names (uint64, the bytes of a name as one number) and ids (int32, -1 where empty) are of one
    length, a power of two; hashes (uint64, by id) holds each name's FNV-1a hash.
    """

    def __init__(self) -> None:
        self.hashes = np.zeros(0, np.uint64)
        self.names, self.ids = _empty(4)

    def update(self, names: list[str], usable: frozenset[str] | None) -> None:
        """Take in the names that were added; only `usable` ones will be found (None: all)."""
        first = len(self.hashes)
        if len(names) == first:
            return
        self.hashes = np.concatenate([self.hashes, hash_texts(names[first:])])
        if 4 * len(names) > len(self.ids):
            self.names, self.ids = _empty(8 * len(names))
            first = 0
        for number in range(first, len(names)):
            if usable is None or names[number] in usable:
                self._put(names[number].encode(), number)

    def _put(self, name: bytes, number: int) -> None:
        if not 0 < len(name) <= LONGEST:
            return
        packed = int.from_bytes(name, "big")
        place = (packed * int(GOLDEN) & ALL_BITS) >> SHIFT & (len(self.ids) - 1)
        while self.ids[place] >= 0:
            place = (place + 1) & (len(self.ids) - 1)
        self.names[place] = packed
        self.ids[place] = number


def _empty(room: int) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    size = 1 << max(4, room.bit_length())
    return np.zeros(size, np.uint64), np.full(size, -1, np.int32)
