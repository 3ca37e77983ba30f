"""Made-up candles in which rare candlesticks happen: a coarse grid, gaps, dojis, marubozus.

Prices are multiples of a quarter, so that sums of ranges are exact in whatever order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patterns.matrix import BarMatrix, align_right
from tests.patterns.bars import MINUTE, START, session_start

GRID = 0.25
BODIES = (0, 0, 1, 1, 2, 3, 5, 8, 12, 20)
SHADOWS = (0, 0, 0, 0, 1, 1, 2, 4, 9)
GAPS = (-9, -4, -2, -1, -1, 0, 0, 0, 1, 1, 2, 4, 9)

Sides = tuple[NDArray[np.float64], ...]


def made_candles(symbols: int, bars: int, seed: int) -> BarMatrix:
    """Candles that often open at, near, or a gap away from a price of the candle before."""
    rng = np.random.default_rng(seed)
    sides = [np.empty((bars, symbols)) for _ in range(4)]
    before = tuple(np.full(symbols, 4000.0) for _ in range(4))
    way = rng.choice((-1, 1), symbols)
    for bar in range(bars):
        way = np.where(rng.random(symbols) < 0.35, -way, way)
        before = _candle(rng, before, way)
        for side, made in zip(sides, before, strict=True):
            side[bar] = made
    return _matrix(symbols, bars, sides, rng)


def _candle(rng: np.random.Generator, before: Sides, way: NDArray[np.int64]) -> Sides:
    count = len(way)
    near = np.choose(rng.choice((0, 0, 1, 2, 3, 3, 3), count), before)
    opened = near + rng.choice(GAPS, count)
    closed = opened + way * rng.choice(BODIES, count)
    # Some close where the candle before did: necks, matching lows, counterattacks.
    closed = np.where(rng.random(count) < 0.1, before[3], closed)
    top, bottom = np.maximum(opened, closed), np.minimum(opened, closed)
    return (
        opened,
        top + rng.choice(SHADOWS, count),
        bottom - rng.choice(SHADOWS, count),
        closed,
    )


def _matrix(
    symbols: int, bars: int, sides: list[NDArray[np.float64]], rng: np.random.Generator
) -> BarMatrix:
    names = ("open", "high", "low", "close")
    columns = {name: side.T.ravel() * GRID for name, side in zip(names, sides, strict=True)}
    columns["volume"] = np.round(rng.lognormal(5, 1, symbols * bars))
    columns["time_ms"] = np.tile(START + MINUTE * np.arange(bars), symbols)
    row = np.repeat(np.arange(symbols), bars)
    return align_right([f"S{n}" for n in range(symbols)], row, columns, session_start)
