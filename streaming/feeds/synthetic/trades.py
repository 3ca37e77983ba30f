"""The synthetic market's trades: a pure function of seed, symbol and time.

Each symbol trades once in every slot of `interval`, at a moment that the slot's hash picks. What
arrives in a window is therefore the same whoever asks, and however the time was cut into windows.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numba import njit

from streaming.feeds.hashing import GOLDEN, mix64
from streaming.feeds.synthetic.prices import Characters, lattice, price_at, unit
from streaming.ticks import EVERYTHING, VOLUME, TickBatch

NEW_YORK = ZoneInfo("America/New_York")
OPEN_MS = 34_200_000
SESSION_MS = 23_400_000
DAY_MS = 86_400_000
ODD_LOT_SHARE = 0.17
BLOCK_SHARE = 0.002
LATEST_MS = 90_000
HALT_BLOCK_MS = 1_800_000
HALT_MS = 300_000
HALT_SHARE = 0.02
ORDINARY_FLAGS = int(EVERYTHING)
ODD_LOT_FLAGS = int(VOLUME)


@njit(cache=True, nogil=True)
def activity(local_ms: np.int64) -> float:
    """How lively trading is at a time of day (ms since New York midnight): a U, low outside."""
    into = float(local_ms - OPEN_MS) / SESSION_MS
    if into < 0.0 or into >= 1.0:
        return 0.25
    return 0.6 + 2.2 * math.exp(-into / 0.06) + 1.8 * math.exp((into - 1.0) / 0.05)


@njit(cache=True, nogil=True)
def trade_size(bits: np.uint64, lot: float, liveliness: float) -> float:
    """Shares of one trade: an odd lot, a round one, or now and then a block."""
    kind = unit(mix64(bits + np.uint64(5)))
    if kind < ODD_LOT_SHARE:
        return 1.0 + math.floor(99.0 * unit(mix64(bits + np.uint64(6))))
    typical = lot * liveliness * math.exp(0.8 * lattice(bits, 7))
    if kind > 1.0 - BLOCK_SHARE:
        typical *= 40.0
    return 100.0 * max(1.0, math.floor(typical / 100.0 + 0.5))


@njit(cache=True, nogil=True)
def halted(seed: np.uint64, time_ms: np.int64) -> bool:
    """Whether the symbol's trading stands still: 5 minutes in one half hour of fifty."""
    block = time_ms // HALT_BLOCK_MS
    bits = mix64(seed ^ (GOLDEN * np.uint64(block)))
    start = block * HALT_BLOCK_MS + np.int64(unit(mix64(bits)) * (HALT_BLOCK_MS - HALT_MS))
    return bool(unit(bits) < HALT_SHARE and start <= time_ms < start + HALT_MS)


@njit(cache=True, nogil=True)
def fill(
    market, seeds, base, volatility, beta, lot, interval_us, start_us, end_us, midnight_ms,
    late_share, duplicate_share, halts, arrival, row, time_ms, price, size, flags, sequence, key,
):  # fmt: skip
    """Write all trades that arrive in [start_us, end_us); returns how many."""
    n = 0
    for i in range(len(seeds)):
        seed = seeds[i]
        shift = np.int64(unit(mix64(seed)) * interval_us)
        slot = (start_us - shift) // interval_us
        while slot * interval_us + shift < end_us:
            bits = mix64(seed + GOLDEN * np.uint64(slot))
            at_us = slot * interval_us + shift + np.int64(unit(bits) * interval_us)
            slot += 1
            if at_us < start_us or at_us >= end_us:
                continue
            now_ms = at_us // 1000
            if halts and halted(seed, now_ms):
                continue
            when_ms = now_ms
            if unit(mix64(bits + np.uint64(1))) < late_share:
                when_ms -= np.int64(1.0 + LATEST_MS * unit(mix64(bits + np.uint64(2))))
            mid = price_at(market, seed, base[i], volatility[i], beta[i], float(when_ms))
            bounce = 1.0 + 0.00012 * lattice(bits, 3)
            shares = trade_size(bits, lot[i], activity((when_ms - midnight_ms) % DAY_MS))
            twice = unit(mix64(bits + np.uint64(4))) < duplicate_share
            for _ in range(2 if twice else 1):
                arrival[n] = at_us
                row[n] = i
                time_ms[n] = when_ms
                price[n] = max(0.01, round(mid * bounce * 100.0) / 100.0)
                size[n] = shares
                flags[n] = ODD_LOT_FLAGS if shares < 100.0 else ORDINARY_FLAGS
                sequence[n] = slot
                key[n] = bits | np.uint64(1)
                n += 1
    return n


class SyntheticMarket:
    """Trades of `symbols`, each about every `interval_secs`."""

    def __init__(
        self,
        symbols: list[str],
        seed: int = 1,
        interval_secs: float = 1.0,
        late_share: float = 0.001,
        duplicate_share: float = 0.0,
        halts: bool = False,
    ) -> None:
        self.characters = Characters(symbols, seed)
        self.interval_us = max(1, round(interval_secs * 1_000_000))
        self.ticks_per_second = len(symbols) * 1_000_000 / self.interval_us
        self._late_share = late_share
        self._duplicate_share = duplicate_share
        self._halts = halts

    def ticks(self, start_ms: int, end_ms: int) -> TickBatch:
        """What arrives in [start_ms, end_ms), in order; `symbol_id` is the place in `symbols`."""
        room = self._room(end_ms - start_ms)
        arrival, row = np.empty(room, np.int64), np.empty(room, np.int32)
        time_ms, price = np.empty(room, np.int64), np.empty(room, np.float64)
        size, flags = np.empty(room, np.float64), np.empty(room, np.uint8)
        sequence, key = np.empty(room, np.int64), np.empty(room, np.uint64)
        c = self.characters
        n = fill(
            c.market, c.seeds, c.base, c.volatility, c.beta, c.lot, self.interval_us,
            start_ms * 1000, end_ms * 1000, _midnight_ms(start_ms),
            self._late_share, self._duplicate_share, self._halts,
            arrival, row, time_ms, price, size, flags, sequence, key,
        )  # fmt: skip
        order = np.argsort(arrival[:n], kind="stable")
        return TickBatch(row, time_ms, price, size, flags, sequence, key).take(order)

    def _room(self, span_ms: int) -> int:
        slots = span_ms * 1000 // self.interval_us + 2
        copies = 2 if self._duplicate_share else 1
        return int(slots) * len(self.characters.symbols) * copies


def _midnight_ms(time_ms: int) -> int:
    """The New York midnight before `time_ms`, in Unix ms (its clock's offset at that time)."""
    moment = datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(NEW_YORK)
    offset = moment.utcoffset()
    shift_ms = int(offset.total_seconds() * 1000) if offset else 0
    return (time_ms + shift_ms) // DAY_MS * DAY_MS - shift_ms
