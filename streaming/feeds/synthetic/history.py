"""The synthetic market's past: daily bars on the same price paths as its ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streaming.feeds.hashing import GOLDEN, mix_all
from streaming.feeds.synthetic.prices import Characters

# One look at the price every 5 minutes of a 6.5 h session.
LOOKS = 79


@dataclass(frozen=True, slots=True)
class DailyHistory:
    """Daily bars, every array of shape (sessions, symbols); prices in USD, volume in shares."""

    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]


def daily_history(
    symbols: Sequence[str], sessions: Sequence[tuple[int, int]], seed: int = 1
) -> DailyHistory:
    """The daily bars of `sessions`, each given as (open_ms, close_ms) in Unix ms.

    The close is the price path at `close_ms`, so a live session starts where the last one ended
    but for the overnight move.
    """
    characters = Characters(list(symbols), seed)
    shape = (len(sessions), LOOKS, len(characters.symbols))
    if not all(shape):
        return DailyHistory(*(np.empty((shape[0], shape[2])) for _ in range(5)))
    times = np.concatenate([np.linspace(a, b, LOOKS).astype(np.int64) for a, b in sessions])
    looks = np.round(characters.prices(times), 2).reshape(shape)
    closes = np.array([end for _, end in sessions], np.int64)
    return DailyHistory(
        open=looks[:, 0],
        high=looks.max(axis=1),
        low=looks.min(axis=1),
        close=looks[:, -1],
        volume=_volumes(characters, closes),
    )


def previous_closes(symbols: Sequence[str], close_ms: int, seed: int = 1) -> NDArray[np.float64]:
    """Each symbol's close of the session that ended at `close_ms`; `daily_history` agrees."""
    prices = Characters(list(symbols), seed).prices(np.array([close_ms], np.int64))
    return np.round(prices[0], 2)


def _volumes(characters: Characters, closes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Some 20,000 typical trades a day, half as many to twice as many."""
    day = closes.astype(np.uint64)[:, None] * GOLDEN
    draws = mix_all(characters.seeds[None, :] + day) / 2.0**64
    return np.round(characters.lot * 20_000 * np.exp2(2.0 * draws - 1.0))
