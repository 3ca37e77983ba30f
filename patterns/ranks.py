"""Percentile ranks among the symbols that have a bar at the same time."""

from __future__ import annotations

import numpy as np

from patterns.registry import Registry
from patterns.views import Floats, Ints

NOBODY: Floats = np.zeros(0)


def percentile(values: Floats, population: Floats) -> Floats:
    """The rank, 0–100, of each value in a sorted population; equal values share their mean rank.

    population: ascending, without NaN. NaN where the value is, or where nobody is there.
    """
    if not len(population):
        return np.full(values.shape, np.nan)
    below = np.searchsorted(population, values, side="left")
    through = np.searchsorted(population, values, side="right")
    rank = 100.0 * ((below + through + 1) / 2.0) / len(population)
    return np.where(np.isnan(values), np.nan, np.minimum(rank, 100.0))


def population(values: Floats) -> Floats:
    """What values are ranked in: those that are known, ascending."""
    return np.sort(values[~np.isnan(values)])


def percentile_by_time(values: Floats, time_ms: Ints) -> Floats:
    """`percentile` of each cell among the cells of the same time; both (symbols, bars).

    NaN for a symbol alone.
    """
    if not values.size or values.shape[0] == 1:
        # Nobody else is there: a rank would say nothing.
        return np.full(values.shape, np.nan)
    flat, times = values.ravel(order="F"), time_ms.ravel(order="F")
    out = np.full(len(flat), np.nan)
    order = np.argsort(times, kind="stable")
    starts = np.flatnonzero(np.diff(times[order], prepend=np.iinfo(np.int64).min))
    for start, end in zip(starts, np.append(starts[1:], len(order)), strict=True):
        cells = order[start:end]
        out[cells] = percentile(flat[cells], population(flat[cells]))
    return out.reshape(values.shape, order="F")


class LiveRanks:
    """Ranks of the live minute, and what the last minutes' symbols were ranked in.

    A late trade ranks its symbol among the values that its minute had when it closed. Of a minute
    that closed before this began nothing is known, so neither is a rank.
    """

    def __init__(self, registry: Registry, kept: int) -> None:
        self._ranked = [
            (registry.outputs.index(i.name), registry.outputs.index(i.rank_of))
            for i in registry.indicators
            if i.rank_of is not None
        ]
        self._kept = kept * len(self._ranked)
        self._populations: dict[tuple[int, int], Floats] = {}

    def put_in(self, outputs: list[Floats], minute_ms: int, *, revision: bool) -> None:
        """Replace the outputs that are ranks."""
        for at, base in self._ranked:
            key = (minute_ms, at)
            if not revision:
                self._populations[key] = population(outputs[base])
            outputs[at] = percentile(outputs[base], self._populations.get(key, NOBODY))
        while len(self._populations) > self._kept:
            del self._populations[next(iter(self._populations))]
