"""Small made-up charts in which a pattern is there: for the catalogue's pictures, and for tests.

A bar is `(open, high, low, close, volume)`. The pattern is complete on the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Bar = tuple[float, float, float, float, float]
Chart = tuple[Bar, ...]


def falling(bars: int = 24, last: float = 40.0) -> Chart:
    """Black candles of one point each, down to a close of `last`."""
    return tuple(
        (last + n + 1.0, last + n + 1.2, last + n - 0.2, last + n, 100.0)
        for n in range(bars - 1, -1, -1)
    )


def rising(bars: int = 24, last: float = 60.0) -> Chart:
    """White candles of one point each, up to a close of `last`."""
    return tuple(
        (last - n - 1.0, last - n + 0.2, last - n - 1.2, last - n, 100.0)
        for n in range(bars - 1, -1, -1)
    )


def path(turns: Sequence[tuple[int, float]], wick: float = 0.1, volume: float = 100.0) -> Chart:
    """Bars along straight lines through `turns`, each (bar number, close at that bar).

    Every bar opens at the close before it, and reaches `wick` beyond its body at both ends.
    """
    closes = [turns[0][1]]
    for (start, low), (end, high) in pairwise(turns):
        closes += [
            low + (high - low) * (n - start) / (end - start) for n in range(start + 1, end + 1)
        ]
    made = []
    before = closes[0]
    for close in closes:
        made.append((before, max(before, close) + wick, min(before, close) - wick, close, volume))
        before = close
    return tuple(made)
