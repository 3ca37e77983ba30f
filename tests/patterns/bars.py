"""Made-up bars for tests: random walks, minute by minute, with symbols that do not always trade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterns.matrix import BarMatrix, align_right

MINUTE = 60_000
START = 1_700_000_040_000 // MINUTE * MINUTE
HOUR = 3_600_000


def session_start(time_ms: int) -> int:
    """Sessions of one hour, so that a short test has several."""
    return time_ms - time_ms % HOUR


@dataclass(frozen=True)
class Minute:
    """Bars of one minute, as the stream hands them over."""

    minute_ms: int
    symbol_id: NDArray[np.int32]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    vwap: NDArray[np.float64]
    is_partial: NDArray[np.bool_]

    def only(self, rows: Any) -> Minute:
        fields = {name: values[rows] for name, values in vars(self).items() if name != "minute_ms"}
        return replace(self, **fields)


def minute(minute_ms: int, bars: dict[int, Sequence[float]], partial: bool = False) -> Minute:
    """Bars by row: (open, high, low, close, volume)."""
    rows = np.array(sorted(bars), np.int32)
    table = np.array([bars[row] for row in rows.tolist()], np.float64).reshape(len(rows), 5)
    prices = table[:, 1] + table[:, 2] + table[:, 3]
    return Minute(minute_ms, rows, *table.T, prices / 3.0, np.full(len(rows), partial, np.bool_))


def walk(
    symbols: int, minutes: int, seed: int = 1, traded: float = 0.8, tick: float = 0.01
) -> list[Minute]:
    """Random walks on a grid of ticks, so that equal prices and gaps between bars happen."""
    rng = np.random.default_rng(seed)
    price = np.full(symbols, 50.0)
    made = []
    for number in range(minutes):
        rows = np.flatnonzero(rng.random(symbols) < traded).astype(np.int32)
        steps = rng.normal(0, 0.08, (4, len(rows)))
        opened = price[rows] + steps[0] * (rng.random(len(rows)) < 0.3)
        closed = opened + steps[1]
        high = np.maximum(opened, closed) + np.abs(steps[2])
        low = np.minimum(opened, closed) - np.abs(steps[3])
        opened, high, low, closed = (
            np.round(np.maximum(side, 1.0) / tick) * tick for side in (opened, high, low, closed)
        )
        price[rows] = closed
        volume = np.round(rng.lognormal(5, 1, len(rows)))
        made.append(
            Minute(
                START + number * MINUTE,
                rows,
                opened,
                high,
                low,
                closed,
                volume,
                (high + low + closed) / 3,
                rng.random(len(rows)) < 0.02,
            )
        )
    return made


def as_matrix(minutes: Sequence[Minute], symbols: Sequence[str]) -> BarMatrix:
    """The same bars as history."""
    row = np.concatenate([m.symbol_id for m in minutes])
    columns = {
        name: np.concatenate([getattr(m, name) for m in minutes])
        for name in ("open", "high", "low", "close", "volume", "vwap")
    }
    columns["partial"] = np.concatenate([m.is_partial for m in minutes])
    columns["time_ms"] = np.concatenate([np.full(len(m.symbol_id), m.minute_ms) for m in minutes])
    order = np.lexsort((columns["time_ms"], row))
    return align_right(
        symbols, row[order], {name: c[order] for name, c in columns.items()}, session_start
    )
