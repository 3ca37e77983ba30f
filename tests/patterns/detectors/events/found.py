"""What a detector finds: bar by bar in made-up bars, and in all cells of real ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from patterns.analysis import Detection
from patterns.engine import LiveEngine
from patterns.history import HistoryView
from patterns.matrix import BarMatrix, align_right
from patterns.registry import Registry, standard
from tests.patterns.bars import HOUR, MINUTE, minute, session_start

Bar = Sequence[float]
ALL = {"min_confidence": 0.0, "cool_down": 0}
TEN = 10 * HOUR


def weakest(pattern_type: str, /, **parameters: float) -> Registry:
    """The detector with nothing too weak and nothing too soon, and what it reads."""
    part = standard().only([], [pattern_type])
    detector = part.detector(pattern_type).with_parameters({**ALL, **parameters})
    return Registry(part.indicators, [detector])


def run(
    bars: Sequence[Bar],
    registry: Registry,
    first_ms: int = TEN,
    session: Callable[[int], int] = session_start,
    timeframe: str = "1m",
) -> dict[int, Detection]:
    """Detections by the number of the bar, a bar a minute."""
    live = LiveEngine(["A"], registry, session, timeframe)
    made = {}
    for number, bar in enumerate(bars):
        for detection in live.close(minute(first_ms + number * MINUTE, {0: bar})).found:
            made[number] = detection
    return made


def found(bars: Sequence[Bar], pattern_type: str, /, **parameters: float) -> dict[int, Detection]:
    """Everything that the detector finds in minutes of one long session."""
    timeframe = standard().detector(pattern_type).timeframes[0]
    registry = weakest(pattern_type, **parameters)
    return run(bars, registry, session=lambda time_ms: 0, timeframe=timeframe)


def cells(view: HistoryView, values: np.ndarray) -> np.ndarray:
    """A matrix as one long column, ordered like a table of symbols and dates."""
    column: np.ndarray = values[view.count > 0]
    return column


def strengths(view: HistoryView, pattern_type: str, /, **parameters: float) -> np.ndarray:
    """What `find` says of every bar, as such a column."""
    detector = standard().detector(pattern_type).with_parameters(parameters)
    with np.errstate(all="ignore"):
        return cells(view, detector.strength(view))


def rolling(table: pd.DataFrame, column: str, bars: int, how: str, ago: int = 0) -> np.ndarray:
    """pandas' rolling value of each symbol, `ago` bars back."""
    grouped = table.groupby("symbol", sort=False)[column]
    values = getattr(grouped.rolling(bars), how)().reset_index(level=0, drop=True)
    moved = values.groupby(table["symbol"], sort=False).shift(ago)
    result: np.ndarray = moved.to_numpy()
    return result


def earlier(table: pd.DataFrame, column: str, ago: int = 1) -> np.ndarray:
    """The column `ago` bars back of the same symbol."""
    result: np.ndarray = table.groupby("symbol", sort=False)[column].shift(ago).to_numpy()
    return result


def matrix_of(bars: Sequence[Bar], sessions_ms: Sequence[int]) -> BarMatrix:
    """One symbol's minutes, each in the session that is given."""
    times = np.arange(len(bars), dtype=np.int64) * MINUTE
    sides = ("open", "high", "low", "close", "volume")
    columns = dict(zip(sides, np.array(bars, float).T, strict=True))
    starts = dict(zip(times.tolist(), sessions_ms, strict=True))
    row = np.zeros(len(bars), np.int64)
    return align_right(["A"], row, {**columns, "time_ms": times}, starts.__getitem__)
