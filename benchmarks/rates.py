"""How often each detector finds something in real daily bars, beside random walks.

    python -m benchmarks.rates [--data daily_bars_2012_2017.parquet] [--seed 1]

Prints a table of detections per 1,000 bars: in 505 US stocks over five years, and in as many walks
of the same length and volatility. A walk has no memory and no trend, so what is found in it is
found by chance; a detector that finds as much there as in the market is no evidence by itself.
Nothing is written.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.stage import PROJECT
from patterns.daily import TIMEFRAME, longer_trend
from patterns.evaluate import analyse_history
from patterns.matrix import BarMatrix, align_right
from patterns.registry import Registry, standard

FILE = "daily_bars_2012_2017.parquet"
SIDES = ("open", "high", "low", "close")
STEPS = 26
"""Moves within a walk's day: one a quarter of an hour."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rate:
    """Detections of one pattern per 1,000 bars."""

    family: str
    pattern_type: str
    real: float
    walks: float

    @property
    def ratio(self) -> float:
        """How many times as many the market has."""
        return self.real / self.walks if self.walks else float("nan")


def real_bars(path: Path) -> BarMatrix:
    """The recorded daily bars; each is a session."""
    table = pd.read_parquet(path).sort_values(["symbol", "date"])
    symbols, row = np.unique(table["symbol"].to_numpy().astype(str), return_inverse=True)
    columns = {name: table[name].to_numpy(np.float64) for name in (*SIDES, "volume")}
    columns["time_ms"] = table["date"].to_numpy().astype("datetime64[ms]").astype(np.int64)
    return align_right(symbols.tolist(), row, columns, lambda time_ms: time_ms)


def walks_like(bars: BarMatrix, seed: int) -> BarMatrix:
    """A walk for each symbol: its first price, its volatility by night and by day, its volumes.

    Logarithms move by independent normal steps without drift, one over night and `STEPS` by day;
    high and low are those of the steps. Volumes are lognormal with the symbol's mean and spread.
    Prices are rounded to cents.
    """
    rng = np.random.default_rng(seed)
    has = np.isfinite(bars.close)
    night, day = _moves(bars)
    shape = bars.close.shape
    gaps = rng.normal(size=shape) * _spread(night)
    paths = rng.normal(size=(STEPS, *shape)) * _spread(day) / np.sqrt(STEPS)
    paths = np.cumsum(np.where(has, paths, 0.0), axis=0)
    gaps = np.where(has, gaps, 0.0)
    opened = np.cumsum(gaps + paths[-1], axis=1) - paths[-1] + _first(bars)
    low, high = np.minimum(paths.min(axis=0), 0.0), np.maximum(paths.max(axis=0), 0.0)
    sides = dict(zip(SIDES, (0.0, high, low, paths[-1]), strict=True))
    prices: dict[str, Any] = {
        name: _cents(np.exp(opened + move), has) for name, move in sides.items()
    }
    return replace(bars, volume=_volumes(bars, rng), **prices)


def _moves(bars: BarMatrix) -> tuple[Floats, Floats]:
    """The logarithms' moves over night, and from open to close."""
    opened, closed = np.log(bars.open), np.log(bars.close)
    night = np.full(closed.shape, np.nan)
    night[:, 1:] = opened[:, 1:] - closed[:, :-1]
    return night, closed - opened


def _spread(moves: Floats) -> Floats:
    return np.nanstd(moves, axis=1, keepdims=True)


def _first(bars: BarMatrix) -> Floats:
    first = bars.bars - bars.count
    return np.log(bars.open[np.arange(len(bars.symbols)), first])[:, None]


def _cents(prices: Floats, has: NDArray[np.bool_]) -> Floats:
    rounded = np.maximum(np.round(prices, 2), 0.01)
    return np.asfortranarray(np.where(has, rounded, np.nan))


def _volumes(bars: BarMatrix, rng: np.random.Generator) -> Floats:
    logs = np.log(np.maximum(bars.volume, 1.0))
    mean = np.nanmean(logs, axis=1, keepdims=True)
    volume = np.round(np.exp(mean + rng.normal(size=logs.shape) * _spread(logs)))
    return np.asfortranarray(np.where(np.isfinite(bars.close), volume, np.nan))


def rates(bars: BarMatrix, walks: BarMatrix, registry: Registry) -> list[Rate]:
    """Every detector of daily bars, by family."""
    chosen = registry.for_timeframe(TIMEFRAME)
    real, chance = (per_thousand(matrix, chosen) for matrix in (bars, walks))
    names = {d.pattern_type: d.family for d in chosen.detectors}
    made = [Rate(family, name, real[name], chance[name]) for name, family in names.items()]
    return sorted(made, key=lambda rate: (rate.family, rate.pattern_type))


def per_thousand(matrix: BarMatrix, registry: Registry) -> dict[str, float]:
    """Detections per 1,000 bars, by pattern."""
    names = [detector.pattern_type for detector in registry.detectors]
    needed = registry.only(pattern_types=names)
    _, blocks = analyse_history(matrix, needed, given=longer_trend(matrix))
    found: Counter[str] = Counter()
    for hits in blocks:
        found[hits.detector.pattern_type] += len(hits)
    bars = int(matrix.count.sum())
    return {name: 1000.0 * found[name] / bars for name in names}


def table(found: list[Rate]) -> list[str]:
    """The rates as lines of Markdown."""
    lines = [
        "| family | pattern | real bars | random walks | ratio |",
        "|---|---|---:|---:|---:|",
    ]
    for rate in found:
        ratio = f"{rate.ratio:.2f}" if np.isfinite(rate.ratio) else "–"
        name = f"`{rate.pattern_type}`"
        lines.append(f"| {rate.family} | {name} | {rate.real:.2f} | {rate.walks:.2f} | {ratio} |")
    real, walks = (sum(getattr(rate, side) for rate in found) for side in ("real", "walks"))
    return [*lines, f"| all | | {real:.2f} | {walks:.2f} | {real / walks:.2f} |"]


def main() -> None:
    """Count and print."""
    folder = os.environ.get("TICKSTOCK_SHARED_DATA") or PROJECT.parent / "shared" / "data"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(folder) / FILE)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    bars = real_bars(options.data)
    print(f"{int(bars.count.sum()):,} daily bars of {len(bars.symbols)} symbols, per 1,000 bars\n")
    print("\n".join(table(rates(bars, walks_like(bars, options.seed), standard()))))


if __name__ == "__main__":
    main()
