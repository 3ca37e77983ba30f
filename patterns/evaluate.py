"""Indicators and detectors over a view: the one way that live and history both take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from patterns.analysis import Hits, find_hits
from patterns.definitions import Detector, Indicator
from patterns.history import HistoryView
from patterns.life import cooled
from patterns.matrix import BarMatrix
from patterns.ranks import percentile_by_time
from patterns.registry import Registry
from patterns.views import BarView, Floats, Given

BLOCK = 512
"""Symbols whose recursions run together, bar by bar: each bar has the same overhead."""
SLICE_CELLS = 160_000
"""Symbols × bars whose columns are made together: they stay in the processor's cache."""


def advance(
    indicators: Sequence[Indicator], view: BarView, before: Floats
) -> tuple[list[Floats], Floats]:
    """Every indicator's outputs at one bar a symbol, and the recursions' states after it.

    before: shape (states, symbols), NaN for a symbol's first bar. Ranks are NaN: they need all
    symbols, and who has them puts them in.
    """
    outputs: list[Floats] = []
    after = np.empty_like(before)
    offset = 0
    for indicator in indicators:
        states = slice(offset, offset + indicator.states)
        if indicator.step is not None:
            made, after[states] = indicator.step(view, before[states])
        elif indicator.compute is not None:
            made = indicator.compute(view)
        else:
            made = (np.full(view.count.shape, np.nan),)
        offset += indicator.states
        outputs.extend(_warm(view, indicator, out) for out in made)
    return outputs, after


def _warm(view: BarView, indicator: Indicator, out: Floats) -> Floats:
    """An output, NaN during the warm-up."""
    if view.fewest > indicator.warm_up:
        return out
    return np.where(view.warm(indicator.warm_up), out, np.nan)


def quiet() -> np.errstate:
    """NaN stands for what is not there, so arithmetic on it is no news."""
    return np.errstate(invalid="ignore", divide="ignore", over="ignore")


def indicator_history(matrix: BarMatrix, indicators: Sequence[Indicator]) -> dict[str, Floats]:
    """Every output over all bars, each of shape (symbols, bars)."""
    with quiet():
        view = HistoryView(matrix)
        found = _recursions(view, indicators) | _computed(view, indicators)
    return found | _ranks(found, matrix, indicators)


def _computed(view: HistoryView, indicators: Sequence[Indicator]) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    for indicator in indicators:
        if indicator.compute is not None:
            made = indicator.compute(view)
            for name, out in zip(indicator.outputs, made, strict=True):
                found[name] = _warm(view, indicator, out)
    return found


def _recursions(view: HistoryView, indicators: Sequence[Indicator]) -> dict[str, Floats]:
    indicators = [i for i in indicators if i.step is not None]
    if not indicators:
        return {}
    names = [name for indicator in indicators for name in indicator.outputs]
    shape = view.count.shape
    found = {name: np.full(shape, np.nan, order="F") for name in names}
    states = np.full((sum(i.states for i in indicators), shape[0]), np.nan)
    for bar in range(shape[1]):
        moment = view.moment(bar)
        outputs, states = advance(indicators, moment, states)
        states[:, moment.count == 0] = np.nan
        for name, values in zip(names, outputs, strict=True):
            found[name][:, bar] = values
    return found


def _ranks(
    outputs: dict[str, Floats], matrix: BarMatrix, indicators: Sequence[Indicator]
) -> dict[str, Floats]:
    """Those that are ranks of others, among all symbols of the matrix."""
    return {
        i.name: percentile_by_time(outputs[i.rank_of], matrix.time_ms)
        for i in indicators
        if i.rank_of is not None
    }


def analyse_history(
    matrix: BarMatrix,
    registry: Registry,
    timeframe: str | None = None,
    given: Given | None = None,
) -> tuple[dict[str, Floats], list[Hits]]:
    """All outputs and all detections of a matrix; blocks of symbols bound the memory.

    timeframe: only what has a meaning in it; None for everything. given: what other timeframes
    know, by the names of `patterns.context`, each of the matrix's shape.
    Returns outputs by name, each of shape (symbols, bars), and one `Hits` a detector and block.
    """
    chosen = registry if timeframe is None else registry.for_timeframe(timeframe)
    outputs = {name: np.full(matrix.close.shape, np.nan, order="F") for name in chosen.outputs}
    hits: list[Hits] = []
    rows = min(max(SLICE_CELLS // max(matrix.bars, 1), 1), BLOCK)
    for start in range(0, len(matrix.symbols), BLOCK):
        block = matrix.rows(start, start + BLOCK)
        with quiet():
            recursions = _recursions(HistoryView(block), chosen.indicators)
            known = _rows(given or {}, start, start + BLOCK) | recursions
            for first in range(0, len(block.symbols), rows):
                view = HistoryView(block.rows(first, first + rows))
                view.values = values = _rows(known, first, first + rows)
                values |= _computed(view, chosen.indicators)
                hits.extend(_block_hits(view, chosen, start + first))
                view.forget()
                for name in outputs.keys() & values.keys():
                    own = slice(start + first, min(start + first + rows, start + BLOCK))
                    outputs[name][own] = values[name]
    return outputs | _ranks(outputs, matrix, chosen.indicators), hits


def _rows(whole: Mapping[str, Floats], start: int, stop: int) -> dict[str, Floats]:
    return {name: np.asfortranarray(values[start:stop]) for name, values in whole.items()}


def _block_hits(view: HistoryView, registry: Registry, start: int) -> list[Hits]:
    found = (_found(detector, view) for detector in registry.detectors)
    return [_shifted(hits, start) for hits in found if hits is not None and len(hits)]


def _found(detector: Detector, view: HistoryView) -> Hits | None:
    hits = find_hits(detector, view)
    if hits is None:
        return None
    return hits.where(cooled(hits.row, hits.bar, detector.cool_down))


def _shifted(hits: Hits, start: int) -> Hits:
    hits.row[:] += start
    return hits
