"""Indicators and detectors over a view: the one way that live and history both take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from patterns.analysis import Hits, find_hits
from patterns.definitions import Indicator
from patterns.history import HistoryView
from patterns.matrix import BarMatrix
from patterns.registry import Registry
from patterns.views import BarView, Floats

BLOCK = 512


def advance(
    indicators: Sequence[Indicator], view: BarView, before: Floats
) -> tuple[list[Floats], Floats]:
    """Every indicator's outputs at one bar a symbol, and the recursions' states after it.

    before: shape (states, symbols), NaN for a symbol's first bar.
    """
    outputs: list[Floats] = []
    after = np.empty_like(before)
    offset = 0
    for indicator in indicators:
        states = slice(offset, offset + indicator.states)
        if indicator.step is None:
            made = _compute(indicator, view)
        else:
            made, after[states] = indicator.step(view, before[states])
        offset += indicator.states
        outputs.extend(np.where(view.count > indicator.warm_up, out, np.nan) for out in made)
    return outputs, after


def _compute(indicator: Indicator, view: BarView) -> tuple[Floats, ...]:
    assert indicator.compute is not None
    return indicator.compute(view)


def quiet() -> np.errstate:
    """NaN stands for what is not there, so arithmetic on it is no news."""
    return np.errstate(invalid="ignore", divide="ignore", over="ignore")


def indicator_history(matrix: BarMatrix, indicators: Sequence[Indicator]) -> dict[str, Floats]:
    """Every output over all bars, each of shape (symbols, bars)."""
    with quiet():
        return _indicators(HistoryView(matrix), indicators)


def _indicators(view: HistoryView, indicators: Sequence[Indicator]) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    for indicator in indicators:
        if indicator.compute is not None:
            made = indicator.compute(view)
            for name, out in zip(indicator.outputs, made, strict=True):
                found[name] = np.where(view.count > indicator.warm_up, out, np.nan)
    recursive = [i for i in indicators if i.step is not None]
    if recursive:
        found.update(_recursions(view, recursive))
    return found


def _recursions(view: HistoryView, indicators: Sequence[Indicator]) -> dict[str, Floats]:
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


def analyse_history(matrix: BarMatrix, registry: Registry) -> tuple[dict[str, Floats], list[Hits]]:
    """All outputs and all detections of a matrix; blocks of symbols bound the memory.

    Returns outputs by name, each of shape (symbols, bars), and one `Hits` a detector and block.
    """
    outputs = {name: np.full(matrix.close.shape, np.nan, order="F") for name in registry.outputs}
    hits: list[Hits] = []
    for start in range(0, len(matrix.symbols), BLOCK):
        view = HistoryView(matrix.rows(start, start + BLOCK))
        with quiet():
            view.values = _indicators(view, registry.indicators)
            hits.extend(_block_hits(view, registry, start))
        for name, values in view.values.items():
            outputs[name][start : start + BLOCK] = values
    return outputs, hits


def _block_hits(view: HistoryView, registry: Registry, start: int) -> list[Hits]:
    found = [find_hits(detector, view) for detector in registry.detectors]
    return [_shifted(hits, start) for hits in found if hits is not None]


def _shifted(hits: Hits, start: int) -> Hits:
    hits.row[:] += start
    return hits
