"""Proofs that hold for any registry: no look-ahead, and bar by bar as all at once.

`test_no_look_ahead` applies them to everything that is registered, and to definitions that cheat.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterns.analysis import Detection, Hits, MinuteAnalysis, StoredLife
from patterns.context import EXPECTED_VOLUME, HIGHER_TREND
from patterns.engine import LiveEngine
from patterns.evaluate import analyse_history
from patterns.life import CONFIRMED, NEVER, STATE_NAMES, lives_of
from patterns.matrix import BarMatrix, align_right
from patterns.registry import Registry
from patterns.restore import restore
from patterns.views import FLOAT_FIELDS, Floats, Ints
from tests.patterns.bars import Minute

Told = list[tuple[int, str, list[list[Any]]]]
"""Lives as they are told: (start of the bar, detection_id, states so far)."""


def from_outside(rows: Ints, time_ms: Any) -> dict[str, Floats]:
    """What other timeframes might say of a symbol at a time; made up, and always the same."""
    phase = rows * 0.7 + (np.asarray(time_ms) % 999_983) * 1.3e-4
    return {HIGHER_TREND: np.sin(phase), EXPECTED_VOLUME: 150.0 + 100.0 * np.cos(phase)}


def given_to(matrix: BarMatrix) -> dict[str, Floats]:
    """`from_outside` for every cell of a matrix."""
    rows = np.broadcast_to(np.arange(len(matrix.symbols))[:, None], matrix.close.shape)
    return from_outside(rows, matrix.time_ms)


def chosen_bars(matrix: BarMatrix, chosen: NDArray[np.bool_]) -> BarMatrix:
    """A matrix of the chosen cells alone; each symbol keeps its order and its sessions."""
    row, bar = np.nonzero(chosen & (matrix.time_ms >= 0))
    fields = (*FLOAT_FIELDS, "time_ms", "partial")
    columns = {name: getattr(matrix, name)[row, bar] for name in fields}
    sessions = dict(zip(matrix.time_ms.flat, matrix.session_ms.flat, strict=True))
    return align_right(matrix.symbols, row, columns, sessions.__getitem__)


def until(matrix: BarMatrix, time_ms: int) -> BarMatrix:
    """What was known when the bar that starts at `time_ms` had closed."""
    return chosen_bars(matrix, matrix.time_ms <= time_ms)


def all_detections(hits: Sequence[Hits], matrix: BarMatrix, timeframe: str) -> list[Detection]:
    """The detections of history as objects, oldest first."""
    made = (d for block in hits for d in block.detections(matrix.symbols, timeframe))
    return sorted(made, key=lambda d: (d.bar_time_ms, d.symbol, d.pattern_type))


# --- later bars change nothing ------------------------------------------------------------------


def assert_no_look_ahead(
    matrix: BarMatrix, registry: Registry, timeframe: str, moments: Sequence[int]
) -> None:
    """What is said of every bar up to a moment is the same with and without later bars.

    Every output, and everything about every detection: confidence, parts, levels, geometry, and
    that the cool-down let it through. moments: bar starts, ms.
    """
    outputs, hits = analyse_history(matrix, registry, timeframe, given_to(matrix))
    detections = all_detections(hits, matrix, timeframe)
    for moment in moments:
        early = until(matrix, moment)
        early_outputs, early_hits = analyse_history(early, registry, timeframe, given_to(early))
        known = (matrix.time_ms >= 0) & (matrix.time_ms <= moment)
        for name, values in early_outputs.items():
            np.testing.assert_array_equal(
                values[early.time_ms >= 0], outputs[name][known], err_msg=f"{name} at {moment}"
            )
        expected = [d for d in detections if d.bar_time_ms <= moment]
        assert all_detections(early_hits, early, timeframe) == expected


# --- bar by bar is all at once ------------------------------------------------------------------


def bars_of(matrix: BarMatrix) -> Iterator[Minute]:
    """The matrix bar time by bar time, as closed bars arrive."""
    row, bar = np.nonzero(matrix.time_ms >= 0)
    times = matrix.time_ms[row, bar]
    for time_ms in np.unique(times).tolist():
        at = times == time_ms
        fields = (getattr(matrix, name)[row[at], bar[at]] for name in (*FLOAT_FIELDS, "partial"))
        yield Minute(time_ms, row[at].astype(np.int32), *fields)


def session_of(matrix: BarMatrix) -> Any:
    """The session's start of each of the matrix's bar times."""
    return dict(zip(matrix.time_ms.flat, matrix.session_ms.flat, strict=True)).__getitem__


def live_engine(matrix: BarMatrix, registry: Registry, timeframe: str) -> LiveEngine:
    """An engine for the matrix's symbols that is told the same from outside."""
    return LiveEngine(matrix.symbols, registry, session_of(matrix), timeframe, given=from_outside)


def assert_live_equals_history(
    matrix: BarMatrix, registry: Registry, timeframe: str, since_ms: int = 0
) -> list[MinuteAnalysis]:
    """Bar by bar, an engine says what history says all at once, to the bit; lives included.

    since_ms: bars before it are given to the engine as history, with what was found in them;
    values of recursions then agree to 1e-9 instead.
    """
    outputs, hits = analyse_history(matrix, registry, timeframe, given_to(matrix))
    detections = all_detections(hits, matrix, timeframe)
    told = lives_told(matrix, hits, timeframe)
    live = live_engine(matrix, registry, timeframe)
    if since_ms:
        live.warm(until(matrix, since_ms - 1))
        restore(live, _stored(detections, told, since_ms))
    analyses = [live.close(bars) for bars in bars_of(matrix) if bars.minute_ms >= since_ms]
    _assert_same_values(analyses, matrix, outputs, exact=not since_ms)
    found = [d for analysis in analyses for d in analysis.found]
    assert sorted(found, key=lambda d: (d.bar_time_ms, d.symbol, d.pattern_type)) == [
        d for d in detections if d.bar_time_ms >= since_ms
    ]
    assert _live_told(analyses) == [item for item in told if item[0] >= since_ms]
    return analyses


def _assert_same_values(
    analyses: Sequence[MinuteAnalysis], matrix: BarMatrix, outputs: dict[str, Floats], exact: bool
) -> None:
    cell = {}
    for row, bar in zip(*np.nonzero(matrix.time_ms >= 0), strict=True):
        cell[int(row), int(matrix.time_ms[row, bar])] = bar
    for analysis in analyses:
        bar = [cell[row, analysis.bar_time_ms] for row in analysis.row.tolist()]
        for name, values in zip(analysis.names, analysis.values.T, strict=True):
            expected = outputs[name][analysis.row, bar]
            if exact:
                np.testing.assert_array_equal(values, expected, err_msg=name)
            else:
                np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-9, err_msg=name)


def lives_told(matrix: BarMatrix, hits: Sequence[Hits], timeframe: str) -> Told:
    """When history says which life changed, in the order of time."""
    told: Told = []
    for block in hits:
        lives = lives_of(matrix, block)
        first = matrix.bars - matrix.count[block.row]
        columns = zip(
            block.detections(matrix.symbols, timeframe),
            block.row.tolist(),
            lives.state.tolist(),
            np.where(lives.confirmed == NEVER, NEVER, first + lives.confirmed).tolist(),
            np.where(lives.ended == NEVER, NEVER, first + lives.ended).tolist(),
            strict=True,
        )
        for detection, row, state, confirmed, ended in columns:
            life: list[list[Any]] = []
            for bar, name in ((confirmed, STATE_NAMES[CONFIRMED]), (ended, STATE_NAMES[state])):
                if bar != NEVER:
                    time_ms = int(matrix.time_ms[row, bar])
                    life = [*life, [name, time_ms]]
                    told.append((time_ms, detection.detection_id, life))
    return sorted(told, key=str)


def _live_told(analyses: Sequence[MinuteAnalysis]) -> Told:
    return sorted(
        (
            (analysis.bar_time_ms, change.detection.detection_id, change.life)
            for analysis in analyses
            for change in analysis.changes
        ),
        key=str,
    )


def _stored(detections: Sequence[Detection], told: Told, since_ms: int) -> list[StoredLife]:
    """Detections before a time, with their lives up to it, as a database would have them."""
    lives = {name: life for time_ms, name, life in told if time_ms < since_ms}
    return [
        StoredLife(d, lives.get(d.detection_id, [])) for d in detections if d.bar_time_ms < since_ms
    ]
