"""The fast way from wire bytes to columns: one pass over the bytes, compiled.

It takes frames in which every message is a trade of a known symbol with nothing unusual about it,
in any order of fields and with or without blanks, and leaves every other frame, whole, to
`messages` and `parsing`. It may refuse what they take; it never takes what they refuse, and what
both take comes out equal: `tests/streaming/feeds/massive/test_scanner.py` holds it to that.

Every frame is followed by a NUL, which no rule lets pass, so no read needs a bounds check.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from streaming.feeds.hashing import FNV_OFFSET, FNV_PRIME, GOLDEN, trade_key
from streaming.feeds.limits import HIGHEST_PRICE, LARGEST_SIZE

BLANK, QUOTE, COMMA, COLON, MINUS, DOT = 0x20, 0x22, 0x2C, 0x3A, 0x2D, 0x2E
ZERO, NINE, BACKSLASH, HIGH = 0x30, 0x39, 0x5C, 0x80
OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT = 0x5B, 0x5D, 0x7B, 0x7D
LETTER_T = 0x54


def _packed(name: str) -> int:
    return int.from_bytes(name.encode(), "big")


EV, SYM, X, ID, Z, P, S, DS = (_packed(k) for k in ("ev", "sym", "x", "i", "z", "p", "s", "ds"))
C, T, Q, TRFI, TRFT = (_packed(k) for k in ("c", "t", "q", "trfi", "trft"))
# A bit for each field, to see that none comes twice and none that is needed is missing.
BITS = {k: 1 << n for n, k in enumerate((EV, SYM, P, T, S, DS, X, ID, Z, C, Q, TRFI, TRFT))}
(
    BIT_EV, BIT_SYM, BIT_P, BIT_T, BIT_S, BIT_DS, BIT_X,
    BIT_I, BIT_Z, BIT_C, BIT_Q, BIT_TRFI, BIT_TRFT,
) = BITS.values()  # fmt: skip
NEEDED = BIT_EV | BIT_SYM | BIT_P | BIT_T

# Both exact as doubles, so one division rounds once: the result is what float() gives.
# W. D. Clinger, "How to Read Floating Point Numbers Accurately", 1990.
EXACT_DIGITS = 15
POWERS_OF_TEN = 10.0 ** np.arange(EXACT_DIGITS + 8)
EVERYTHING = 7
UNKNOWN = 128
CONDITIONS = 256
EIGHT, SHIFT_40 = np.uint64(8), np.uint64(40)
# Places in the bytes are unsigned: a signed one would be tested for counting from the end.
U0, U1, U2, U3, U4 = (np.uint64(n) for n in range(5))


@njit(cache=True, nogil=True, inline="always")
def _skip_blank(data, at):
    while data[at] <= BLANK:
        byte = data[at]
        if byte != BLANK and byte != 10 and byte != 13 and byte != 9:
            break
        at += U1
    return at


@njit(cache=True, nogil=True, inline="always")
def _whole(data, at):
    """A whole number without a sign; returns (number, end), end 0 if it is none."""
    start = at
    value = np.int64(0)
    while ZERO <= data[at] <= NINE:
        value = value * 10 + (data[at] - ZERO)
        at += U1
    digits = np.int64(at - start)
    if digits == 0 or digits > EXACT_DIGITS or (digits > 1 and data[start] == ZERO):
        return value, U0
    if data[at] == DOT or data[at] == 0x65 or data[at] == 0x45:
        return value, U0
    return value, at


@njit(cache=True, nogil=True, inline="always")
def _decimal(data, at):
    """A number without sign or exponent; returns (number, end), end 0 if it is none."""
    start = at
    value = np.int64(0)
    while ZERO <= data[at] <= NINE:
        value = value * 10 + (data[at] - ZERO)
        at += U1
    digits = np.int64(at - start)
    if digits == 0 or (digits > 1 and data[start] == ZERO):
        return 0.0, U0
    if data[at] != DOT:
        if digits > EXACT_DIGITS or data[at] == 0x65 or data[at] == 0x45:
            return 0.0, U0
        return float(value), at
    at += U1
    point = at
    while ZERO <= data[at] <= NINE:
        value = value * 10 + (data[at] - ZERO)
        at += U1
    places = np.int64(at - point)
    if places == 0 or digits + places > EXACT_DIGITS or data[at] == 0x65 or data[at] == 0x45:
        return 0.0, U0
    return float(value) / POWERS_OF_TEN[places], at


@njit(cache=True, nogil=True, inline="always")
def _text(data, at):
    """A plain ASCII string's hash (0 if empty), and its end; end 0 if it is none."""
    value = FNV_OFFSET
    start = at
    byte = data[at]
    while byte != QUOTE:
        if byte < BLANK or byte == BACKSLASH or byte >= HIGH:
            return value, U0
        value = (value ^ np.uint64(byte)) * FNV_PRIME
        at += U1
        byte = data[at]
    if at == start:
        return np.uint64(0), at + U1
    return value, at + U1


@njit(cache=True, nogil=True, inline="always")
def _conditions(data, at, entries, unknown):
    """A list of condition ids, unknown ones counted; returns (flags, end), end 0 if it is none."""
    allowed, marks = EVERYTHING, 0
    if data[at] != OPEN_LIST:
        return 0, U0
    at = _skip_blank(data, at + U1)
    if data[at] == CLOSE_LIST:
        return allowed, at + U1
    while True:
        number, end = _whole(data, at)
        if end == U0 or number >= CONDITIONS:
            return 0, U0
        if entries[number] & UNKNOWN:
            unknown[number] += 1
        allowed &= entries[number]
        marks |= entries[number] & ~EVERYTHING
        at = _skip_blank(data, end)
        if data[at] == CLOSE_LIST:
            return (allowed | marks) & ~UNKNOWN, at + U1
        if data[at] != COMMA:
            return 0, U0
        at = _skip_blank(data, at + U1)


@njit(cache=True, nogil=True, inline="always")
def _packed_text(data, at):
    """A plain ASCII string of 1 to 8 bytes as a number, and its end; end 0 if it is none."""
    value = np.uint64(0)
    start = at
    byte = data[at]
    while byte != QUOTE:
        if byte < BLANK or byte == BACKSLASH or byte >= HIGH:
            return value, U0
        value = (value << EIGHT) | np.uint64(byte)
        at += U1
        byte = data[at]
    if at == start or at - start > EIGHT:
        return value, U0
    return value, at + U1


@njit(cache=True, nogil=True, inline="always")
def find(value, slots, symbols):
    """The id of a packed name in an open-addressed table, or -1."""
    mask = np.uint64(len(slots) - 1)
    place = (value * GOLDEN) >> SHIFT_40 & mask
    while slots[place] >= 0:
        found = np.uint64(slots[place])
        if symbols[found, 0] == value:
            return np.int64(found)
        place = (place + U1) & mask
    return np.int64(-1)


@njit(cache=True, nogil=True, inline="always")
def _name(data, at):
    """A field's packed name and where its value begins; 0 if there is none."""
    if data[at] != QUOTE:
        return 0, U0
    if data[at + U2] == QUOTE and data[at + U3] == COLON and data[at + U1] > BLANK:
        return np.int64(data[at + U1]), _skip_blank(data, at + U4)
    at += U1
    name = np.int64(0)
    for _ in range(5):
        if data[at] <= BLANK or data[at] == QUOTE:
            break
        name = (name << 8) | data[at]
        at += U1
    if data[at] != QUOTE:
        return 0, U0
    at = _skip_blank(data, at + U1)
    return (name, _skip_blank(data, at + U1)) if data[at] == COLON else (0, U0)


@njit(cache=True, nogil=True)
def scan_frame(  # noqa: C901 -- one loop: calls with this many arrays would cost as much again
    data, at, end, slots, symbols, entries, unknown, earliest_ms, latest_ms,
    whole, real, n,
):  # fmt: skip
    """A frame's trades into the rows from `n` on; returns how many rows there are then, or -1.

    data: uint8, the frame is data[at:end], with a NUL after it. slots, symbols:
    `SymbolSlots`. entries: `ConditionTable.entries`. unknown: int64 (256), counts by
    id. whole: int64 (rows, 5): symbol, time, flags, sequence, key; real: float64 (rows, 2):
    price, size.
    """
    at = _skip_blank(data, at)
    if data[at] != OPEN_LIST:
        return -1
    at = _skip_blank(data, at + U1)
    if data[at] == CLOSE_LIST:
        return n if _skip_blank(data, at + U1) == end else -1
    while True:
        if data[at] != OPEN_OBJECT:
            return -1
        seen = 0
        symbol = np.int64(-1)
        trade = np.uint64(0)
        time = exchange = trf = order = np.int64(0)
        price = size = exact = 0.0
        flags = np.int64(EVERYTHING)
        while True:
            name, at = _name(data, _skip_blank(data, at + U1))
            bit = 0
            stop = U0
            if name == P:
                bit = BIT_P
                price, stop = _decimal(data, at)
            elif name == T:
                bit = BIT_T
                time, stop = _whole(data, at)
            elif name == S:
                bit = BIT_S
                size, stop = _decimal(data, at)
            elif name == SYM:
                bit = BIT_SYM
                if data[at] == QUOTE:
                    packed, stop = _packed_text(data, at + U1)
                    symbol = find(packed, slots, symbols)
            elif name == ID:
                bit = BIT_I
                if data[at] == QUOTE:
                    trade, stop = _text(data, at + U1)
            elif name == C:
                bit = BIT_C
                flags, stop = _conditions(data, at, entries, unknown)
            elif name == Q:
                bit = BIT_Q
                order, stop = _whole(data, at)
            elif name == X:
                bit = BIT_X
                exchange, stop = _whole(data, at)
            elif name == Z:
                bit = BIT_Z
                _, stop = _whole(data, at)
            elif name == EV:
                bit = BIT_EV
                if data[at] == QUOTE and data[at + U1] == LETTER_T and data[at + U2] == QUOTE:
                    stop = at + U3
            elif name == TRFI:
                bit = BIT_TRFI
                trf, stop = _whole(data, at)
            elif name == TRFT:
                bit = BIT_TRFT
                _, stop = _whole(data, at)
            elif name == DS:
                bit = BIT_DS
                if data[at] == QUOTE:
                    exact, stop = _decimal(data, at + U1)
                    stop = stop + U1 if stop and data[stop] == QUOTE else U0
            if stop == U0 or seen & bit:
                return -1
            seen |= bit
            at = _skip_blank(data, stop)
            if data[at] == CLOSE_OBJECT:
                break
            if data[at] != COMMA:
                return -1
        if seen & NEEDED != NEEDED or not seen & (BIT_S | BIT_DS) or symbol < 0:
            return -1
        if seen & BIT_DS:
            size = exact
        if not (0.0 < price <= HIGHEST_PRICE and size <= LARGEST_SIZE):
            return -1
        if time < earliest_ms or time > latest_ms:
            return -1
        whole[n, 0] = symbol
        whole[n, 1] = time
        whole[n, 2] = flags
        whole[n, 3] = order
        whole[n, 4] = trade_key(time, symbols[symbol, 1], exchange, trf, trade)
        real[n, 0] = price
        real[n, 1] = size
        n += 1
        at = _skip_blank(data, at + U1)
        if data[at] == CLOSE_LIST:
            return n if _skip_blank(data, at + U1) == end else -1
        if data[at] != COMMA:
            return -1
        at = _skip_blank(data, at + U1)


@njit(cache=True, nogil=True)
def scan(
    data, starts, ends, first, slots, symbols, entries, unknown, earliest_ms,
    latest_ms, whole, real, n,
):  # fmt: skip
    """Frames from `first` on, up to one that is not plain: (that frame, rows filled)."""
    before = np.empty_like(unknown)
    for frame in range(first, len(starts)):
        before[:] = unknown
        rows = scan_frame(
            data, np.uint64(starts[frame]), np.uint64(ends[frame]), slots, symbols, entries,
            unknown, earliest_ms, latest_ms, whole, real, n,
        )  # fmt: skip
        if rows < 0:
            unknown[:] = before
            return frame, n
        n = rows
    return len(starts), n
