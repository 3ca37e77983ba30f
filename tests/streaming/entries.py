"""Journal entries for tests of what is made from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from streaming.feeds.base import FeedGap
from streaming.journal import Entry, Kind
from streaming.ticks import COLUMN_TYPES, TickBatch, empty_batch

# 2024-07-02 14:00 UTC is 10:00 in New York, a Tuesday in the regular session.
NOON_MS = 1_719_928_800_000
MINUTE_MS = 60_000

Trade = dict[str, Any]


def trade(
    at: float,
    price: float = 10.0,
    size: float = 100.0,
    *,
    symbol: int = 0,
    flags: int = 7,
    sequence: int = 0,
    key: int = 0,
) -> Trade:
    """One trade `at` seconds after `NOON_MS`."""
    return {
        "symbol_id": symbol,
        "time_ms": NOON_MS + round(at * 1000),
        "price": price,
        "size": size,
        "flags": flags,
        "sequence": sequence,
        "trade_key": key,
    }


def batch(trades: Sequence[Trade]) -> TickBatch:
    """Trades as columns, in this order."""
    return TickBatch(
        *(np.array([t[name] for t in trades], kind) for name, kind in COLUMN_TYPES.items())
    )


def ticks(number: int, *trades: Trade, position: bytes = b"") -> Entry:
    """The journal's entry `number`, with these trades."""
    return Entry(f"{number}-0", Kind.TICKS, 0, batch(trades), position=position)


def clock(number: int, at: float) -> Entry:
    """A clock entry: the feed's newest event time is `at` seconds after `NOON_MS`."""
    return Entry(f"{number}-0", Kind.CLOCK, NOON_MS + round(at * 1000), empty_batch())


def gap(number: int, start: float, end: float) -> Entry:
    """A gap entry, in seconds after `NOON_MS`."""
    told = FeedGap(NOON_MS + round(start * 1000), NOON_MS + round(end * 1000), "test")
    return Entry(f"{number}-0", Kind.GAP, 0, empty_batch(), told)
