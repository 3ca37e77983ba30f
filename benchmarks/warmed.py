"""Engines that know as many bars as their definitions read, without days of trades before."""

from __future__ import annotations

from typing import Any

import numpy as np

from patterns.matrix import BarMatrix, MinuteBars
from patterns.rolled import MINUTES
from patterns.views import Floats
from streaming.aggregate import MINUTE_MS

BARS = 260
RANGE_STEPS = 1.6
"""The mean range of a random walk's bar, in standard deviations of its step."""
VOLUME_SPREAD = 0.4


def warm(engine: Any, last: MinuteBars, until_ms: int) -> None:
    """Give every timeframe of a `MarketEngine` its last bars: walks that end with the bar `last`.

    All symbols of the engine have that bar. The minutes reach up to `until_ms`, longer bars to
    where those begin that are open then.
    """
    for seed, (timeframe, part) in enumerate(engine.engines.items()):
        minutes = MINUTES.get(timeframe, 1)
        end = engine.history_until(timeframe, until_ms)
        times = end - np.arange(BARS, 0, -1) * minutes * MINUTE_MS
        part.warm(_walk(engine.symbols, last, minutes, times, part.session_start, seed))
    engine.begin(until_ms)


def _walk(
    symbols: Any, last: MinuteBars, minutes: int, times: Any, session_start: Any, seed: int
) -> BarMatrix:
    rng = np.random.default_rng(seed)
    shape = (len(times), len(symbols))
    unit = float(np.mean((last.high - last.low) / last.close)) / RANGE_STEPS * minutes**0.5
    steps = unit * rng.normal(0.0, 1.0, shape)
    close = last.close * np.exp(np.cumsum(steps, axis=0) - steps.sum(axis=0))
    opened = close * np.exp(-steps)
    beyond = np.exp(unit * np.abs(rng.normal(0.0, 0.5, (2, *shape))))
    high = np.maximum(opened, close) * beyond[0]
    low = np.minimum(opened, close) / beyond[1]
    volume = last.volume * minutes * rng.lognormal(0.0, VOLUME_SPREAD, shape)
    sides = {"open": opened, "high": high, "low": low, "close": close}
    return BarMatrix(
        tuple(symbols),
        np.full(len(symbols), len(times)),
        **{name: np.round(side, 2).T for name, side in sides.items()},
        volume=np.round(volume).T,
        vwap=((high + low + close) / 3.0).T,
        time_ms=_same(times, shape),
        session_ms=_same(np.array([session_start(int(t)) for t in times]), shape),
        partial=np.zeros(shape, np.bool_).T,
    )


def _same(values: Floats, shape: tuple[int, int]) -> Any:
    return np.ascontiguousarray(np.broadcast_to(values[:, None], shape)).T
