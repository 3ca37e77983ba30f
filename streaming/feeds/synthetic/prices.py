"""Price paths that can be read at any time without walking to it.

A symbol's log price is a sum of smoothed noise over lattices of 4 s to 221 days (value noise, as
in K. Perlin, "An Image Synthesizer", 1985), the amplitude of each growing with the square root of
its period, so that returns spread with time as a random walk's do. One path is the market's; each
symbol follows it by its beta. The short periods are scaled by a slow noise of their own, which
makes quiet and lively stretches.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streaming.feeds.hashing import GOLDEN, hash_texts, mix64, mix_all

DAY_MS = 86_400_000.0
SHORTEST_MS = 4_000.0
RATIO = 3.0
OCTAVES = 15
# Periods below this many octaves are under 16 minutes: those come in clusters.
CLUSTERED_OCTAVES = 6
# Measured: makes the standard deviation of one-day log returns equal to the volatility asked for.
CALIBRATION = 0.57
CALM_MS = 1_500_000.0
STORM_MS = 7_800_000.0
MARKET_VOLATILITY = 0.009

LOW_32 = np.uint64(0xFFFFFFFF)
SHIFT_32 = np.uint64(32)
SHIFT_11 = np.uint64(11)
TO_UNIT = 1.0 / 9007199254740992.0


@njit("float64(uint64)", cache=True, nogil=True)
def unit(value: np.uint64) -> float:
    """A hash as a number in [0, 1)."""
    return float(value >> SHIFT_11) * TO_UNIT


@njit("float64(uint64, int64)", cache=True, nogil=True)
def lattice(seed: np.uint64, index: np.int64) -> float:
    """The noise at one lattice point: triangular, mean 0, variance 1."""
    bits = mix64(seed + GOLDEN * np.uint64(index))
    return (float(bits & LOW_32) + float(bits >> SHIFT_32)) * (2.449489742783178 / 4294967296.0) - (
        2.449489742783178
    )


@njit(cache=True, nogil=True)
def noise(seed: np.uint64, time_ms: float, period_ms: float) -> float:
    """Smooth noise of one period, read at `time_ms`."""
    place = time_ms / period_ms + unit(seed)
    index = math.floor(place)
    part = place - index
    part = part * part * (3.0 - 2.0 * part)
    left = lattice(seed, np.int64(index))
    return left + part * (lattice(seed, np.int64(index) + 1) - left)


@njit(cache=True, nogil=True)
def log_path(seed: np.uint64, volatility: float, time_ms: float) -> float:
    """The log price relative to its centre; `volatility` is that of one day's log return."""
    mood = 0.45 * noise(mix64(seed ^ GOLDEN), time_ms, CALM_MS) + 0.35 * noise(
        mix64(seed + GOLDEN), time_ms, STORM_MS
    )
    liveliness = math.exp(mood - 0.16)
    total = 0.0
    period = SHORTEST_MS
    for octave in range(OCTAVES):
        seed = mix64(seed + GOLDEN)
        amplitude = math.sqrt(period / DAY_MS) * CALIBRATION * volatility
        if octave < CLUSTERED_OCTAVES:
            amplitude *= liveliness
        total += amplitude * noise(seed, time_ms, period)
        period *= RATIO
    return total


@njit(cache=True, nogil=True)
def price_at(
    market: np.uint64, seed: np.uint64, base: float, volatility: float, beta: float, time_ms: float
) -> float:
    """The mid price of a symbol at `time_ms`, not rounded."""
    shared = beta * log_path(market, MARKET_VOLATILITY, time_ms)
    return base * math.exp(shared + log_path(seed, volatility, time_ms))


@njit(cache=True, nogil=True)
def price_grid(
    market: np.uint64,
    seeds: NDArray[np.uint64],
    base: NDArray[np.float64],
    volatility: NDArray[np.float64],
    beta: NDArray[np.float64],
    times_ms: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Mid prices, shape (times, symbols)."""
    prices = np.empty((len(times_ms), len(seeds)))
    for row in range(len(times_ms)):
        time_ms = float(times_ms[row])
        shared = log_path(market, MARKET_VOLATILITY, time_ms)
        for i in range(len(seeds)):
            own = log_path(seeds[i], volatility[i], time_ms)
            prices[row, i] = base[i] * math.exp(beta[i] * shared + own)
    return prices


class Characters:
    """What each symbol is like: drawn from its name and the seed, never from its place.

    Arrays over `symbols`: seeds, base (USD), volatility (of a day's log return), beta, lot
    (typical trade size in shares).
    """

    def __init__(self, symbols: list[str], seed: int) -> None:
        self.symbols = list(symbols)
        root = np.uint64(mix64(seed % 2**64))
        self.market = np.uint64(mix64(root))
        self.seeds = mix_all(hash_texts(self.symbols) ^ root)
        draws = np.array([[self._draw(s, k) for k in range(4)] for s in self.seeds])
        draws = draws.reshape(len(self.seeds), 4)
        self.base = np.exp(4.6 + 0.75 * draws[:, 0])
        self.volatility = 0.012 * np.exp(0.35 * draws[:, 1])
        self.beta = 1.0 + 0.35 * draws[:, 2]
        self.lot = 140.0 * np.exp(0.5 * draws[:, 3])

    @staticmethod
    def _draw(seed: np.uint64, stream: int) -> float:
        return lattice(seed, np.int64(-1 - stream))

    def prices(self, times_ms: NDArray[np.int64]) -> NDArray[np.float64]:
        """Mid prices at any times (Unix ms), shape (times, symbols), not rounded."""
        times = np.ascontiguousarray(times_ms, np.int64)
        return price_grid(self.market, self.seeds, self.base, self.volatility, self.beta, times)
