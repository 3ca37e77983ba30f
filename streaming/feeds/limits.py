"""What no true trade exceeds. Whatever does is set aside before it can spoil a bar."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

# The dearest share costs under a million dollars; sizes reach a few hundred million shares.
HIGHEST_PRICE = 1e9
LARGEST_SIZE = 1e12
# A trade cannot be newer than now but for the clocks' disagreement.
FUTURE_MS = 60_000
# Older than this, a live trade is not late but wrong.
PAST_MS = 86_400_000
# The first trade that any tape can hold: 1980.
EARLIEST_MS = 315_532_800_000
# The symbol table only grows, so junk must not grow it without end.
MOST_SYMBOLS = 100_000
LONGEST_SYMBOL = 24

SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9./:+^=$#_-]{0,23}", re.ASCII)

BAD_PRICE, BAD_SIZE, TIME_IN_FUTURE, TIME_IN_PAST = 1, 2, 3, 4
REASONS = {
    BAD_PRICE: "bad_price",
    BAD_SIZE: "bad_size",
    TIME_IN_FUTURE: "time_in_future",
    TIME_IN_PAST: "time_in_past",
}


def is_symbol(text: str) -> bool:
    """Whether `text` looks like a symbol: BRK.B and XRP/ETH do, an empty or a long one does not."""
    return SYMBOL.fullmatch(text) is not None


def faults(
    time_ms: NDArray[np.int64],
    price: NDArray[np.float64],
    size: NDArray[np.float64],
    earliest_ms: int,
    latest_ms: int,
) -> NDArray[np.uint8]:
    """0 for each good row, else why it is none: a key of REASONS. NaN is bad anywhere."""
    found = np.zeros(len(time_ms), np.uint8)
    found[time_ms < earliest_ms] = TIME_IN_PAST
    found[time_ms > latest_ms] = TIME_IN_FUTURE
    found[~((size >= 0) & (size <= LARGEST_SIZE))] = BAD_SIZE
    found[~((price > 0) & (price <= HIGHEST_PRICE))] = BAD_PRICE
    return found
