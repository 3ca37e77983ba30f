"""Which trades were seen before: 16 minutes of event time, exactly, at eight bytes a trade.

Each minute's keys are a hash table while ticks still come to it. Afterwards its empty places are
squeezed out: the keys in the table's order, and a bit for each place that tells which were taken.
A Bloom filter over all minutes answers for the others, so that a trade which is new, as nearly all
are, costs two look-ups however many minutes are remembered.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
SMALLEST_TABLE = 1 << 10
SMALLEST_BLOOM_WORDS = 1 << 12
BLOOM_BITS_PER_KEY = 10


@njit(cache=True, nogil=True)
def _slot_of(table: Keys, key: np.uint64) -> np.int64:
    """Where `key` is, or the empty place where it would go."""
    mask = np.uint64(len(table) - 1)
    place = (key * MULTIPLIER >> np.uint64(20)) & mask
    while table[place] != 0 and table[place] != key:
        place = (place + np.uint64(1)) & mask
    return np.int64(place)


@njit(cache=True, nogil=True)
def _insert_all(table: Keys, keys: Keys) -> None:
    for key in keys:
        table[_slot_of(table, key)] = key


@njit(cache=True, nogil=True)
def _bloom_test_and_set(words: Keys, key: np.uint64) -> bool:
    """Whether all three of the key's bits, which share one word, were set; sets them."""
    mixed = key * MULTIPLIER
    place = np.int64((mixed >> np.uint64(24)) & np.uint64(len(words) - 1))
    one = np.uint64(1)
    low = np.uint64(63)
    bits = (one << (mixed & low)) | (one << (mixed >> np.uint64(6) & low))
    bits |= one << (mixed >> np.uint64(12) & low)
    before = words[place]
    words[place] = before | bits
    return bool((before & bits) == bits)


@njit(cache=True, nogil=True)
def _mark(table: Keys, bloom: Keys, keys: Keys, seen: NDArray[np.uint8]) -> int:
    """Marks each key: 0 new and now in `table`, 1 in `table` already, 2 perhaps elsewhere."""
    added = 0
    for i in range(len(keys)):
        key = keys[i]
        if key == 0:
            continue
        perhaps = _bloom_test_and_set(bloom, key)
        place = _slot_of(table, key)
        if table[place] == key:
            seen[i] = 1
            continue
        table[place] = key
        added += 1
        if perhaps:
            seen[i] = 2
    return added


@njit(cache=True, nogil=True)
def _find_open(table: Keys, keys: Keys, found: NDArray[np.bool_]) -> None:
    """Sets `found` for each of `keys` that the table has."""
    for i in range(len(keys)):
        if table[_slot_of(table, keys[i])] == keys[i]:
            found[i] = True


@njit(cache=True, nogil=True)
def _squeeze(table: Keys, taken: Keys, before: NDArray[np.int64], keys: Keys) -> None:
    """The table's keys without its empty places; `taken`: a bit a place; `before`: keys before
    each word of bits.
    """
    count = 0
    one = np.uint64(1)
    for word in range(len(taken)):
        before[word] = count
        bits = np.uint64(0)
        for bit in range(64):
            key = table[word * 64 + bit]
            if key != 0:
                bits |= one << np.uint64(bit)
                keys[count] = key
                count += 1
        taken[word] = bits


@njit("int64(uint64)", cache=True, nogil=True)
def _ones(bits: np.uint64) -> np.int64:
    """How many bits are set (H. S. Warren, "Hacker's Delight", figure 5-2)."""
    bits = bits - ((bits >> np.uint64(1)) & np.uint64(0x5555555555555555))
    pairs = np.uint64(0x3333333333333333)
    bits = (bits & pairs) + ((bits >> np.uint64(2)) & pairs)
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True, nogil=True)
def _find_closed(
    taken: Keys, before: NDArray[np.int64], held: Keys, keys: Keys, found: NDArray[np.bool_]
) -> None:
    """As `_find_open`, in what `_squeeze` made of a table: from a key's place to the next empty."""
    one, low = np.uint64(1), np.uint64(63)
    mask = np.uint64(len(taken) * 64 - 1)
    for i in range(len(keys)):
        place = (keys[i] * MULTIPLIER >> np.uint64(20)) & mask
        while True:
            word, bit = np.int64(place >> np.uint64(6)), one << (place & low)
            if taken[word] & bit == 0:
                break
            if held[before[word] + _ones(taken[word] & (bit - one))] == keys[i]:
                found[i] = True
                break
            place = (place + one) & mask


class _OpenMinute:
    """The keys of a minute that still gets ticks; room for `expected` at once."""

    def __init__(self, expected: int = 0) -> None:
        self.table: Keys = np.zeros(SMALLEST_TABLE, np.uint64)
        self.count = 0
        self.reserve(expected)

    def reserve(self, more: int) -> None:
        """Room for `more` keys at no more than half full."""
        size = len(self.table)
        while (self.count + more) * 2 > size:
            size *= 2
        if size != len(self.table):
            keys, self.table = self.keys(), np.zeros(size, np.uint64)
            _insert_all(self.table, keys)

    def keys(self) -> Keys:
        return self.table[self.table != 0]

    def find(self, keys: Keys, found: NDArray[np.bool_]) -> None:
        """Set `found` for each of `keys` that is here."""
        _find_open(self.table, keys, found)


class _ClosedMinute:
    """The keys of a minute that late trades alone still reach."""

    def __init__(self, opened: _OpenMinute) -> None:
        words = len(opened.table) // 64
        self.count = opened.count
        self._taken, self._before = np.empty(words, np.uint64), np.empty(words, np.int64)
        self._keys: Keys = np.empty(opened.count, np.uint64)
        _squeeze(opened.table, self._taken, self._before, self._keys)

    def keys(self) -> Keys:
        return self._keys

    def find(self, keys: Keys, found: NDArray[np.bool_]) -> None:
        """Set `found` for each of `keys` that is here."""
        _find_closed(self._taken, self._before, self._keys, keys, found)


class TradeMemory:
    """Remembers trade keys by minute and tells which ones come a second time."""

    def __init__(self) -> None:
        self._minutes: dict[int, _OpenMinute | _ClosedMinute] = {}
        self._bloom: Keys = np.zeros(SMALLEST_BLOOM_WORDS, np.uint64)
        self._bloomed = 0

    def __len__(self) -> int:
        return sum(minute.count for minute in self._minutes.values())

    def repeated(self, minute: int, keys: Keys) -> NDArray[np.bool_]:
        """Which of `keys`, all of one minute, were seen before; the others now are. 0 never is."""
        opened = self._opened(minute)
        opened.reserve(len(keys))
        self._reserve_bloom(len(keys))
        marks = np.zeros(len(keys), np.uint8)
        added = _mark(opened.table, self._bloom, keys, marks)
        opened.count += added
        self._bloomed += added
        seen = marks == 1
        perhaps = np.flatnonzero(marks == 2)
        if len(perhaps):
            seen[perhaps] = self._elsewhere(minute, keys[perhaps])
        return seen

    def _opened(self, minute: int) -> _OpenMinute:
        found = self._minutes.get(minute)
        if isinstance(found, _OpenMinute):
            return found
        # A minute is about as busy as the one before: growing would insert each key again.
        last = self._minutes.get(minute - 1) if found is None else found
        opened = self._minutes[minute] = _OpenMinute(last.count if last is not None else 0)
        if found is not None:
            _insert_all(opened.table, found.keys())
            opened.count = found.count
        return opened

    def _elsewhere(self, minute: int, keys: Keys) -> NDArray[np.bool_]:
        """Which of `keys` other minutes have."""
        found = np.zeros(len(keys), np.bool_)
        for at, held in self._minutes.items():
            if at != minute:
                held.find(keys, found)
        return found

    def _reserve_bloom(self, more: int) -> None:
        wanted = (self._bloomed + more) * BLOOM_BITS_PER_KEY // 64
        if wanted <= len(self._bloom):
            return
        self._rebuild_bloom((len(self) + more) * BLOOM_BITS_PER_KEY * 3 // 128)

    def _rebuild_bloom(self, words: int) -> None:
        size = max(SMALLEST_BLOOM_WORDS, 1 << (words - 1).bit_length())
        self._bloom, self._bloomed = np.zeros(size, np.uint64), 0
        for held in self._minutes.values():
            _bloom_insert_all(self._bloom, held.keys())
            self._bloomed += held.count

    def close(self, through: int) -> None:
        """Minutes up to `through` get late trades alone: pack them."""
        for minute, held in self._minutes.items():
            if minute <= through and isinstance(held, _OpenMinute):
                self._minutes[minute] = _ClosedMinute(held)

    def forget(self, before: int) -> None:
        """Drop the minutes before `before`."""
        for minute in [minute for minute in self._minutes if minute < before]:
            del self._minutes[minute]


@njit(cache=True, nogil=True)
def _bloom_insert_all(bloom: Keys, keys: Keys) -> None:
    for key in keys:
        _bloom_test_and_set(bloom, key)
