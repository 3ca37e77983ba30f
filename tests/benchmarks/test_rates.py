"""The walks that rates are compared with, and the table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.rates import FILE, Rate, rates, real_bars, table, walks_like
from patterns.matrix import BarMatrix
from patterns.registry import standard


@pytest.fixture(scope="module")
def bars(shared_data: Path) -> BarMatrix:
    """A few of the real symbols, one of them listed late."""
    whole = real_bars(shared_data / FILE)
    late = int(np.argmin(whole.count))
    chosen = whole.take([late, *range(0, len(whole.symbols), 40)])
    return replace(chosen, session_ms=chosen.time_ms)


@pytest.fixture(scope="module")
def walks(bars: BarMatrix) -> BarMatrix:
    return walks_like(bars, seed=3)


def test_a_walk_has_a_bar_where_the_market_has_one(bars: BarMatrix, walks: BarMatrix) -> None:
    for name in ("open", "high", "low", "close", "volume"):
        there = np.isfinite(getattr(walks, name))
        np.testing.assert_array_equal(there, np.isfinite(bars.close), err_msg=name)
    assert bars.count[0] < bars.bars


def test_a_walks_bars_are_possible(walks: BarMatrix) -> None:
    has = np.isfinite(walks.close)
    top = np.maximum(walks.open, walks.close)[has]
    bottom = np.minimum(walks.open, walks.close)[has]
    assert (walks.high[has] >= top).all()
    assert (walks.low[has] <= bottom).all()
    assert (walks.low[has] > 0).all()


def test_a_walk_has_the_markets_volatility_and_no_memory(bars: BarMatrix, walks: BarMatrix) -> None:
    def moves(matrix: BarMatrix) -> np.ndarray:
        return np.diff(np.log(matrix.close[1:]), axis=1)

    real, made = moves(bars), moves(walks)
    np.testing.assert_allclose(made.std(axis=1), real.std(axis=1), rtol=0.2)
    assert abs(np.mean(made / made.std(axis=1, keepdims=True))) < 0.03
    memory = [np.corrcoef(row[:-1], row[1:])[0, 1] for row in made]
    assert abs(np.mean(memory)) < 0.03


def test_the_same_seed_makes_the_same_walks(bars: BarMatrix, walks: BarMatrix) -> None:
    np.testing.assert_array_equal(walks_like(bars, seed=3).close, walks.close)
    assert (walks_like(bars, seed=4).close != walks.close).any()


def test_rates_are_detections_per_thousand_bars(bars: BarMatrix, walks: BarMatrix) -> None:
    registry = standard().only(pattern_types=["engulfing", "new_high"])
    [engulfing, high] = sorted(rates(bars, walks, registry), key=lambda r: r.pattern_type)
    assert (engulfing.family, high.family) == ("candlestick", "breakout")
    assert 0.1 < engulfing.real < 50
    counted = engulfing.real * bars.count.sum() / 1000
    assert counted == pytest.approx(round(counted))


def test_the_table_has_a_line_a_pattern_and_the_sum() -> None:
    found = [Rate("gap", "common_gap", 1.5, 6.0), Rate("gap", "rare_gap", 0.5, 0.0)]
    assert table(found)[2:] == [
        "| gap | `common_gap` | 1.50 | 6.00 | 0.25 |",
        "| gap | `rare_gap` | 0.50 | 0.00 | – |",
        "| all | | 2.00 | 6.00 | 0.33 |",
    ]
