"""Splits, applied where bars are read: history is stored as traded.

Prices before a split are multiplied by what one old share became worth, and volumes divided by
it, so that a split is no move. A bar is adjusted for the splits that are known at the moment for
which it is read, never for later ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from market.calendar import to_ms
from patterns.matrix import BarMatrix
from patterns.views import Floats

NIGHT_MS = 6 * 3_600_000
"""Into the execution date, UTC: after the evening's last trade in New York, before the morning's
first."""

STORED = """
SELECT symbol, execution_date, split_from / split_to FROM splits
WHERE symbol = ANY(%s) AND execution_date <= %s ORDER BY execution_date
"""
PRICES = ("open", "high", "low", "close", "vwap")


@dataclass(frozen=True, slots=True)
class KnownSplit:
    """factor: what prices before the execution date are multiplied by; 0.25 for four for one."""

    symbol: str
    execution_date: date
    factor: float

    @property
    def time_ms(self) -> int:
        """Bars that start before this moment are of old shares."""
        day = datetime.combine(self.execution_date, datetime.min.time(), UTC)
        return to_ms(day) + NIGHT_MS

    @property
    def day_ms(self) -> int:
        """The same for daily bars, whose time is 00:00 UTC of their date."""
        return self.time_ms - NIGHT_MS


def load(cursor: Any, symbols: Sequence[str], until_ms: int) -> list[KnownSplit]:
    """The splits of these symbols that have been executed by `until_ms`."""
    until = datetime.fromtimestamp((until_ms - NIGHT_MS) / 1000, UTC).date()
    cursor.execute(STORED, [list(symbols), until])
    return [KnownSplit(*row) for row in cursor.fetchall()]


def factors(matrix: BarMatrix, splits: Sequence[KnownSplit], *, daily: bool = False) -> Floats:
    """What each bar's prices have to be multiplied by; shape (symbols, bars)."""
    made = np.ones(matrix.close.shape, order="F")
    rows = {name: row for row, name in enumerate(matrix.symbols)}
    for split in splits:
        row = rows.get(split.symbol)
        if row is not None:
            before = matrix.time_ms[row] < (split.day_ms if daily else split.time_ms)
            made[row, before] *= split.factor
    return made


def adjusted(matrix: BarMatrix, splits: Sequence[KnownSplit], *, daily: bool = False) -> BarMatrix:
    """The same bars in the shares of today."""
    if not splits:
        return matrix
    factor = factors(matrix, splits, daily=daily)
    prices: dict[str, Any] = {
        name: np.asfortranarray(getattr(matrix, name) * factor) for name in PRICES
    }
    return replace(matrix, volume=np.asfortranarray(matrix.volume / factor), **prices)
