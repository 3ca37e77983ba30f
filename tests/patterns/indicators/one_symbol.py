"""Bars of one symbol, written down by hand, and one frame a field of the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from patterns.matrix import BarMatrix, align_right
from tests.patterns.bars import HOUR, MINUTE, session_start

TEN = 10 * HOUR
NAMES = ("open", "high", "low", "close", "volume", "vwap")


def bars_of(rows: Sequence[Sequence[float]]) -> BarMatrix:
    """One symbol's bars: (time, open, high, low, close, volume, vwap), in sessions of an hour."""
    table = np.array([row[1:] for row in rows], float)
    columns = {name: table[:, i] for i, name in enumerate(NAMES)}
    columns["time_ms"] = np.array([row[0] for row in rows], np.int64)
    assert all(one < other for one, other in pairwise(columns["time_ms"].tolist()))
    return align_right(["A"], np.zeros(len(rows), np.intp), columns, session_start)


def closes(*prices: float, volume: float = 100.0) -> BarMatrix:
    """Minute bars within one session that open, trade and close at one price each."""
    return bars_of(
        [(TEN + n * MINUTE, p, p, p, p, volume, p) for n, p in enumerate(prices)],
    )


def frame(matrix: BarMatrix, field: str) -> pd.DataFrame:
    """A field of all symbols: one column a symbol, NaN before its first bar."""
    return pd.DataFrame(np.array(getattr(matrix, field)).T)
