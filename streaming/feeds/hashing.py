"""64-bit hashes that are the same in every process, compiled and called from both decoders.

FNV-1a for bytes (http://www.isthe.com/chongo/tech/comp/fnv/), the finaliser of SplitMix64 for
mixing numbers (Steele, Lea and Flood, 2014, "Fast splittable pseudorandom number generators").
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

FNV_OFFSET = np.uint64(0xCBF29CE484222325)
FNV_PRIME = np.uint64(0x100000001B3)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
SHIFT_27 = np.uint64(27)
SHIFT_30 = np.uint64(30)
SHIFT_31 = np.uint64(31)

DAY_MS = 86_400_000
# Midnight in New York is 04:00 or 05:00 UTC; a fixed 5 h keeps every session of 04:00 to 20:00
# New York on one day, in summer and in winter.
NEW_YORK_LAG_MS = 5 * 3_600_000


@njit("uint64(uint64)", cache=True, nogil=True)
def mix64(value: np.uint64) -> np.uint64:
    """`value` with its bits mixed: SplitMix64's finaliser, a bijection."""
    value = (value ^ (value >> SHIFT_30)) * MIX_1
    value = (value ^ (value >> SHIFT_27)) * MIX_2
    return value ^ (value >> SHIFT_31)


@njit(cache=True, nogil=True)
def mix_all(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """`mix64` of every value, shape kept."""
    mixed = np.empty_like(values)
    for i in range(values.size):
        mixed.flat[i] = mix64(values.flat[i])
    return mixed


@njit(cache=True, nogil=True)
def fnv1a(data: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """FNV-1a of `data[start:end]`."""
    value = FNV_OFFSET
    for i in range(start, end):
        value = (value ^ np.uint64(data[i])) * FNV_PRIME
    return value


@njit(cache=True, nogil=True)
def hash_slices(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint64]:
    """FNV-1a of every `data[offsets[i]:offsets[i + 1]]`; 0 for an empty one."""
    hashes = np.empty(len(offsets) - 1, np.uint64)
    for i in range(len(hashes)):
        start, end = offsets[i], offsets[i + 1]
        hashes[i] = np.uint64(0) if start == end else fnv1a(data, start, end)
    return hashes


def hash_texts(texts: list[str]) -> NDArray[np.uint64]:
    """FNV-1a of each text's UTF-8 bytes; 0 for an empty one."""
    encoded = [text.encode() for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(piece) for piece in encoded], out=offsets[1:])
    return hash_slices(np.frombuffer(b"".join(encoded), np.uint8), offsets)


@njit("uint64(int64, uint64, int64, int64, uint64)", cache=True, nogil=True)
def trade_key(
    time_ms: np.int64, symbol: np.uint64, exchange: np.int64, trf: np.int64, trade: np.uint64
) -> np.uint64:
    """A trade's identity: its New York day, symbol, exchange, reporting facility and id.

    `symbol` and `trade` are FNV-1a hashes; `trade` 0 means the trade has no id. Returns 0 for
    such a trade, else a number other than 0.
    """
    if trade == np.uint64(0):
        return np.uint64(0)
    day = np.uint64((time_ms - NEW_YORK_LAG_MS) // DAY_MS)
    place = (np.uint64(exchange) << np.uint64(40)) ^ (np.uint64(trf) << np.uint64(24)) ^ day
    key = mix64(mix64(trade + GOLDEN * place) ^ symbol)
    return key if key != np.uint64(0) else GOLDEN


@njit(cache=True, nogil=True)
def trade_keys(
    time_ms: NDArray[np.int64],
    symbol: NDArray[np.uint64],
    exchange: NDArray[np.int64],
    trf: NDArray[np.int64],
    trade: NDArray[np.uint64],
) -> NDArray[np.uint64]:
    """`trade_key` of every row."""
    keys = np.empty(len(time_ms), np.uint64)
    for i in range(len(keys)):
        keys[i] = trade_key(time_ms[i], symbol[i], exchange[i], trf[i], trade[i])
    return keys
