"""Bars of each symbol as they stood between two of its splits.

What is found on a bar is found in the shares of its own day, with earlier bars adjusted for the
splits that were known then. So a later split changes nothing of what was found before it: not a
price, not a bit. A symbol that was split has one row for each of these eras; bars after an era are
there too, in its shares, for what became of its detections.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from patterns.matrix import BarMatrix
from patterns.splits import PRICES, KnownSplit
from patterns.views import Bools, Floats, Ints

ALWAYS = (np.iinfo(np.int64).min, np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True)
class Eras:
    """matrix: one row an era. symbol: the row's place among the symbols that came in.

    since_ms, until_ms: the bars of `[since, until)` are the row's own.
    """

    matrix: BarMatrix
    symbol: Ints
    since_ms: Ints
    until_ms: Ints

    @property
    def own(self) -> Bools:
        """Which cells are a bar in its own era; shape (rows, bars)."""
        times = self.matrix.time_ms
        later = times >= np.maximum(self.since_ms, 0)[:, None]
        return later & (times < self.until_ms[:, None])


def in_eras(matrix: BarMatrix, splits: Sequence[KnownSplit]) -> Eras:
    """Daily bars as they were traded, row by row in the shares of one era."""
    known: dict[str, list[KnownSplit]] = {}
    for split in splits:
        known.setdefault(split.symbol, []).append(split)
    spans = [
        (row, *span)
        for row, name in enumerate(matrix.symbols)
        for span in _spans(matrix.time_ms[row], known.get(name, ()))
    ]
    symbol, since_ms, until_ms = np.array(spans, np.int64).reshape(-1, 3).T
    if len(spans) == len(matrix.symbols):
        return Eras(matrix, symbol, since_ms, until_ms)
    rows = matrix.take(symbol.tolist())
    return Eras(_adjusted(rows, since_ms, known), symbol, since_ms, until_ms)


def _spans(time_ms: Ints, splits: Iterable[KnownSplit]) -> list[tuple[int, int]]:
    """The eras of a symbol: between the splits that lie between two of its bars."""
    traded = time_ms[time_ms >= 0]
    days = {split.day_ms for split in splits}
    inner = sorted(day for day in days if len(traded) and traded[0] < day <= traded[-1])
    edges = [ALWAYS[0], *inner, ALWAYS[1]]
    return list(pairwise(edges))


def _adjusted(matrix: BarMatrix, since_ms: Ints, known: dict[str, list[KnownSplit]]) -> BarMatrix:
    factor = np.ones(matrix.close.shape, order="F")
    for row, name in enumerate(matrix.symbols):
        for split in known.get(name, ()):
            _apply(split, factor[row], matrix.time_ms[row], int(since_ms[row]))
    prices: dict[str, Any] = {
        name: np.asfortranarray(getattr(matrix, name) * factor) for name in PRICES
    }
    return replace(matrix, volume=np.asfortranarray(matrix.volume / factor), **prices)


def _apply(split: KnownSplit, factor: Floats, time_ms: Ints, since_ms: int) -> None:
    """One split in one row, whose shares are those of the era that begins at `since_ms`."""
    if split.day_ms <= since_ms:
        factor[time_ms < split.day_ms] *= split.factor
    else:
        factor[time_ms >= split.day_ms] /= split.factor
