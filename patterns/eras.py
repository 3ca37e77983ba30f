"""Bars of each symbol as they stood between two of its splits, dividends gathered.

What is found on a bar is found in the shares of its own day, with earlier bars adjusted for what
was known then. So a later split or dividend changes nothing of what was found before it: not a
price, not a bit. A symbol that was split has one row for each of these eras; bars after an era are
there too, in its shares, for what became of its detections.

Dividends make no rows: there are four a year. Instead of lowering what lies before each one, a row
is raised from it on, by all that the symbol is known to have paid up to each bar (`gain`). That is
the same but for a constant, which no indicator and no detector sees, and what comes later leaves
it alone. Prices that come out are divided by the gain of their own day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from patterns.adjustments import Adjustment, scaled
from patterns.analysis import Hits
from patterns.geometry import divided
from patterns.matrix import BarMatrix
from patterns.views import Bools, Floats, Ints

ALWAYS = (np.iinfo(np.int64).min, np.iinfo(np.int64).max)

Known = dict[str, list[Adjustment]]


@dataclass(frozen=True, slots=True)
class Eras:
    """matrix: one row an era. symbol: the row's place among the symbols that came in.

    since_ms, until_ms: the bars of `[since, until)` are the row's own.
    gain: what the row's prices were multiplied by for dividends; shape (rows, bars), None for 1.
    traded: the bars as they came in, whose columns are the same.
    """

    matrix: BarMatrix
    symbol: Ints
    since_ms: Ints
    until_ms: Ints
    gain: Floats | None
    traded: BarMatrix

    @property
    def own(self) -> Bools:
        """Which cells are a bar in its own era; shape (rows, bars)."""
        times = self.matrix.time_ms
        later = times >= np.maximum(self.since_ms, 0)[:, None]
        return later & (times < self.until_ms[:, None])

    def gain_at(self, hits: Hits) -> Floats | None:
        """The gain on each hit's bar."""
        return None if self.gain is None else self.gain[hits.row, self.column(hits)]

    def column(self, hits: Hits) -> Ints:
        """Where each hit's bar is."""
        return self.matrix.bars - self.matrix.count[hits.row] + hits.bar


def own_prices(eras: Eras, hits: Hits) -> Hits:
    """The same hits, their prices in the shares of their own day: that of the bar as traded."""
    gain = eras.gain_at(hits)
    if gain is None:
        return hits
    return replace(
        hits,
        price=eras.traded.close[eras.symbol[hits.row], eras.column(hits)],
        levels=hits.levels.over(gain),
        geometry=[divided(*item) for item in zip(hits.geometry, gain.tolist(), strict=True)]
        if hits.geometry
        else [],
    )


def in_eras(
    matrix: BarMatrix,
    adjustments: Sequence[Adjustment],
    since_ms: int = 0,
    followed_bars: int = 0,
) -> Eras:
    """Daily bars as they were traded, row by row in the shares of one era.

    adjustments: in order; of dividends all that are known of a symbol, those before its bars
    included. Eras that ended more than `followed_bars` bars before `since_ms` are left out.
    """
    known: Known = {}
    for item in adjustments:
        known.setdefault(item.symbol, []).append(item)
    spans = [
        (row, *span)
        for row, name in enumerate(matrix.symbols)
        for span in _wanted(matrix.time_ms[row], known.get(name, ()), since_ms, followed_bars)
    ]
    symbol, since, until = np.array(spans, np.int64).reshape(-1, 3).T
    alone = len(spans) == len(matrix.symbols)
    rows = matrix if alone else matrix.take(symbol.tolist())
    gain = _gain(rows, known)
    return Eras(_adjusted(rows, since, until, known, gain), symbol, since, until, gain, matrix)


def _wanted(
    time_ms: Ints, known: Iterable[Adjustment], since_ms: int, followed_bars: int
) -> list[tuple[int, int]]:
    """The eras of a symbol in which a bar from `since_ms` on, or an open detection, may lie."""
    spans = _spans(time_ms, known)
    if len(spans) == 1:
        return spans
    first = int(np.searchsorted(time_ms, since_ms)) - followed_bars
    oldest_ms = time_ms[max(first, 0)] if first < len(time_ms) else time_ms[-1]
    return [span for span in spans if span[1] > oldest_ms]


def _spans(time_ms: Ints, known: Iterable[Adjustment]) -> list[tuple[int, int]]:
    """The eras of a symbol: between the splits that lie between two of its bars."""
    traded = time_ms[time_ms >= 0]
    days = {item.day_ms for item in known if item.is_split}
    inner = sorted(day for day in days if len(traded) and traded[0] < day <= traded[-1])
    edges = [ALWAYS[0], *inner, ALWAYS[1]]
    return list(pairwise(edges))


def _gain(matrix: BarMatrix, known: Known) -> Floats | None:
    """What one share held since the first known dividend, all cash reinvested, has become."""
    if not any(not item.is_split for items in known.values() for item in items):
        return None
    gain = np.ones(matrix.close.shape, order="F")
    for row, name in enumerate(matrix.symbols):
        paid = [item for item in known.get(name, ()) if not item.is_split]
        if paid:
            days = np.array([item.day_ms for item in paid])
            # One factor after the other: what is paid later has no part in what came before.
            grown = np.cumprod([1.0, *(1.0 / item.price for item in paid)])
            gain[row] = grown[np.searchsorted(days, matrix.time_ms[row], side="right")]
    return gain


def _adjusted(
    matrix: BarMatrix, since_ms: Ints, until_ms: Ints, known: Known, gain: Floats | None
) -> BarMatrix:
    split = (since_ms != ALWAYS[0]) | (until_ms != ALWAYS[1])
    if gain is None and not split.any():
        return matrix
    price, volume = (np.ones(matrix.close.shape, order="F") for _ in range(2))
    for row in np.flatnonzero(split).tolist():
        for item in known[matrix.symbols[row]]:
            if item.is_split:
                cells = price[row], volume[row]
                _apply(item, cells, matrix.time_ms[row], int(since_ms[row]))
    return scaled(matrix, price if gain is None else price * gain, volume)


def _apply(split: Adjustment, cells: tuple[Floats, Floats], time_ms: Ints, since_ms: int) -> None:
    """One split in one row, whose shares are those of the era that begins at `since_ms`."""
    for factor, by in zip(cells, (split.price, split.volume), strict=True):
        if split.day_ms <= since_ms:
            factor[time_ms < split.day_ms] *= by
        else:
            factor[time_ms >= split.day_ms] /= by
