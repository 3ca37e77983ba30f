"""Daily bars into indicators and detections with their lives, shaped as the live minute's.

A pure function of stored bars: what it makes of a bar depends on that bar and on earlier ones, so
that running it again, or later with more bars, finds the same and only adds to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from patterns.adjustments import Adjustment
from patterns.analysis import Detection, Hits, LifeChange, MinuteAnalysis
from patterns.context import HIGHER_TREND
from patterns.definitions import Indicator
from patterns.eras import Eras, in_eras, own_prices
from patterns.evaluate import analyse_history, indicator_history, quiet
from patterns.history import HistoryView, earlier, padded
from patterns.indicators.efficiency import efficiency
from patterns.life import CONFIRMED, NEVER, entries, lives_of
from patterns.matrix import BarMatrix
from patterns.ranks import percentile, population
from patterns.registry import Registry
from patterns.views import Floats, Given, Ints

TIMEFRAME = "1d"
HIGHER_BARS = 100
"""The trend over this many daily bars stands in for that of a higher timeframe."""

Populations = Mapping[str, Mapping[int, Floats]]
"""What is ranked: by the output's name, then by bar time, ascending and without NaN."""


def longer_trend(matrix: BarMatrix) -> Given:
    """The signed efficiency of the 100 bars before each bar, where a higher timeframe is asked."""
    with quiet():
        trend = efficiency(HistoryView(matrix), HIGHER_BARS)
    return {HIGHER_TREND: np.array(earlier(padded(trend, np.nan), 1, np.nan), order="F")}


def analyse(
    matrix: BarMatrix,
    registry: Registry,
    since_ms: int,
    adjustments: Sequence[Adjustment] = (),
    populations: Populations | None = None,
) -> list[MinuteAnalysis]:
    """One analysis for each bar time from `since_ms` on, in order.

    matrix: daily bars as they were traded; adjustments: what they are adjusted for, in order.
    Prices of indicators and detections are in the shares of their own day.
    populations: what ranks are ranked in; by default the matrix's own symbols.

    Detections on earlier bars come as changes alone: those that are open, and those that ended
    since. They are known from the bars at the matrix's start on, so give some hundred more than
    the detectors read.
    """
    chosen = registry.for_timeframe(TIMEFRAME)
    followed = max((d.expires + 1 for d in chosen.detectors), default=0)
    eras = in_eras(matrix, adjustments, since_ms, followed)
    unranked = Registry((i for i in chosen.indicators if i.rank_of is None), chosen.detectors)
    outputs, hits = analyse_history(eras.matrix, unranked, given=longer_trend(eras.matrix))
    days = [
        _Day(time_ms, cells, _table(chosen, eras, outputs, cells, populations, time_ms))
        for time_ms, cells in _cells_by_time(eras, since_ms)
    ]
    if days:
        told = {day.time_ms: day for day in days}
        for block in hits:
            _tell(told, eras, block, since_ms)
    return [_analysis(day, matrix, chosen) for day in days]


def ranked_values(
    matrix: BarMatrix,
    registry: Registry,
    since_ms: int,
    adjustments: Sequence[Adjustment] = (),
) -> dict[str, list[tuple[int, Floats]]]:
    """What is ranked of some symbols, at each bar time from `since_ms` on, for `merged`."""
    eras = in_eras(matrix, adjustments, since_ms)
    bases = [registry.indicator(name) for name in ranked_outputs(registry)]
    found = indicator_history(eras.matrix, bases)
    cells = list(_cells_by_time(eras, since_ms))
    return {i.name: [(t, _own(i, i.name, found, eras, c)) for t, c in cells] for i in bases}


def ranked_outputs(registry: Registry) -> list[str]:
    """The outputs that are ranked among all symbols."""
    return sorted({i.rank_of for i in registry.indicators if i.rank_of is not None})


def merged(parts: Sequence[Mapping[str, Sequence[tuple[int, Floats]]]]) -> Populations:
    """The populations of all symbols, from the values of some symbols each."""
    gathered: dict[str, dict[int, list[Floats]]] = {}
    for part in parts:
        for name, moments in part.items():
            for time_ms, values in moments:
                gathered.setdefault(name, {}).setdefault(time_ms, []).append(values)
    return {
        name: {time_ms: population(np.concatenate(found)) for time_ms, found in moments.items()}
        for name, moments in gathered.items()
    }


@dataclass(frozen=True, slots=True)
class _Cells:
    """Bars of one time: where they lie in the eras' matrix, and whose they are."""

    row: Ints
    column: Ints
    symbol: Ints


@dataclass(frozen=True, slots=True)
class _Day:
    time_ms: int
    cells: _Cells
    values: Floats
    found: list[Detection] = field(default_factory=list)
    changes: list[LifeChange] = field(default_factory=list)


def _cells_by_time(eras: Eras, since_ms: int) -> Iterator[tuple[int, _Cells]]:
    row, column = np.nonzero(eras.own & (eras.matrix.time_ms >= since_ms))
    times = eras.matrix.time_ms[row, column]
    symbol = eras.symbol[row]
    order = np.lexsort((symbol, times))
    distinct, first = np.unique(times[order], return_index=True)
    for time_ms, chosen in zip(distinct.tolist(), np.split(order, first[1:]), strict=False):
        yield time_ms, _Cells(row[chosen], column[chosen], symbol[chosen])


def _table(
    registry: Registry,
    eras: Eras,
    outputs: Mapping[str, Floats],
    cells: _Cells,
    populations: Populations | None,
    time_ms: int,
) -> Floats:
    """The shown indicators of one time; shape (bars, names)."""
    made = np.full((len(cells.row), len(registry.shown)), np.nan)
    for place, name in enumerate(registry.shown):
        base = registry.indicator(name).rank_of
        values = _own(registry.indicator(base or name), base or name, outputs, eras, cells)
        if base is not None:
            others = None if populations is None else populations.get(base, {}).get(time_ms)
            values = _rank(values, population(values) if others is None else others)
        made[:, place] = values
    return made


def _own(
    indicator: Indicator, name: str, outputs: Mapping[str, Floats], eras: Eras, cells: _Cells
) -> Floats:
    """An output at these cells; prices in the shares of their own day."""
    values = outputs[name][cells.row, cells.column]
    if eras.gain is None or name not in indicator.prices:
        return values
    return values / eras.gain[cells.row, cells.column]


def _rank(values: Floats, others: Floats) -> Floats:
    """NaN for a symbol alone, of which a rank would say nothing."""
    return percentile(values, others) if len(others) > 1 else np.full(len(values), np.nan)


def _tell(days: Mapping[int, _Day], eras: Eras, hits: Hits, since_ms: int) -> None:
    """Put a detector's hits, and what became of them, to their days."""
    matrix = eras.matrix
    hits = hits.where(eras.own[hits.row, eras.column(hits)])
    lives = lives_of(matrix, hits, eras.gain_at(hits))
    confirmed, ended = (_times(matrix, hits.row, bar) for bar in (lives.confirmed, lives.ended))
    is_open = lives.state <= CONFIRMED
    kept = (hits.bars_ms[:, -1] >= since_ms) | is_open | (ended >= since_ms)
    life = zip(*(values[kept].tolist() for values in (lives.state, confirmed, ended)), strict=True)
    chosen = own_prices(eras, hits.where(kept))
    chosen = replace(chosen, row=eras.symbol[chosen.row])
    first_ms = min(days)
    found = chosen.detections(_names(eras), TIMEFRAME)
    for detection, (state, *moments) in zip(found, life, strict=True):
        if detection.bar_time_ms >= since_ms:
            days[detection.bar_time_ms].found.append(detection)
        changed_ms = max(*moments, detection.bar_time_ms, first_ms)
        days[changed_ms].changes.append(LifeChange(detection, entries(state, *moments)))


def _names(eras: Eras) -> list[str]:
    """The symbols that came in, by their place."""
    names = dict(zip(eras.symbol.tolist(), eras.matrix.symbols, strict=True))
    return [names[place] for place in range(len(names))]


def _times(matrix: BarMatrix, row: Ints, bar: Ints) -> Ints:
    """The start of each row's bar of this number; `NEVER` stays."""
    column = matrix.bars - matrix.count[row] + np.maximum(bar, 0)
    return np.where(bar == NEVER, NEVER, matrix.time_ms[row, column])


def _analysis(day: _Day, matrix: BarMatrix, registry: Registry) -> MinuteAnalysis:
    return MinuteAnalysis(
        bar_time_ms=day.time_ms,
        timeframe=TIMEFRAME,
        symbols=matrix.symbols,
        row=day.cells.symbol,
        names=registry.shown,
        values=day.values,
        hits=(),
        pattern_types=tuple(d.pattern_type for d in registry.detectors),
        changes=tuple(day.changes),
        found=tuple(day.found),
    )
