"""Candlesticks equal to TA-Lib, all cells: real bars, made-up ones, and each pattern's example."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import talib
from numpy.typing import NDArray
from talib import abstract

from patterns.evaluate import quiet
from patterns.history import HistoryView
from patterns.matrix import BarMatrix, align_right
from patterns.registry import standard
from tests.patterns.made_candles import made_candles
from tests.patterns.talib_names import TALIB_NAMES

SIDES = ("open", "high", "low", "close")
REGISTERED = [
    name for name in TALIB_NAMES if name in {d.pattern_type for d in standard().detectors}
]

# TA-Lib keeps its sums by adding and subtracting and is a rounding error off; here they are added
# afresh for each bar. It shows where a comparison is a tie, as these are in decimal numbers:
EXCEPTIONS = {
    # The body's bottom equals the low of the bar before plus a fifth of the mean range of five.
    ("hammer", "FCEL", 1177),
    # The body equals the mean of the ten before.
    ("belt_hold", "FCEL", 397),
    ("belt_hold", "FCEL", 1080),
    ("belt_hold", "FCEL", 1177),
    ("closing_marubozu", "FCEL", 1080),
    ("long_line", "FCEL", 397),
    ("long_line", "FCEL", 1080),
    ("marubozu", "FCEL", 1080),
    ("short_line", "FCEL", 378),
    ("short_line", "FCEL", 397),
    ("short_line", "FCEL", 1080),
    # The shadow at the open's or the close's end equals a tenth of the mean range of ten: 0.01.
    ("belt_hold", "FCEL", 1184),
    ("closing_marubozu", "PLG", 1008),
}


def talib_of(pattern_type: str, matrix: BarMatrix) -> Iterator[tuple[str, NDArray[np.int32]]]:
    """Each symbol with TA-Lib's numbers for its bars."""
    function = getattr(talib, TALIB_NAMES[pattern_type])
    for row, symbol in enumerate(matrix.symbols):
        first = matrix.bars - int(matrix.count[row])
        yield (
            symbol,
            function(*(np.ascontiguousarray(getattr(matrix, s)[row, first:]) for s in SIDES)),
        )


def differing(pattern_type: str, matrix: BarMatrix, view: HistoryView) -> set[tuple]:
    """Cells, as (pattern, symbol, bar), in which the detector and TA-Lib differ."""
    with quiet():
        strength = standard().detector(pattern_type).strength(view)
    found = set()
    for row, (symbol, expected) in enumerate(talib_of(pattern_type, matrix)):
        bars = np.flatnonzero(strength[row, -len(expected) :] != expected)
        found |= {(pattern_type, symbol, int(bar)) for bar in bars}
    return found


def as_matrix(columns: dict[str, NDArray[np.float64]]) -> BarMatrix:
    """Daily bars of one symbol."""
    bars = len(columns["open"])
    times = np.arange(bars, dtype=np.int64) * 86_400_000
    return align_right(
        ["A"], np.zeros(bars, np.intp), {**columns, "time_ms": times}, lambda time_ms: 0
    )


@pytest.fixture(scope="module")
def daily_view(daily: BarMatrix) -> HistoryView:
    return HistoryView(daily)


@pytest.fixture(scope="module")
def made() -> BarMatrix:
    return made_candles(symbols=100, bars=4_000, seed=61)


@pytest.fixture(scope="module")
def made_view(made: BarMatrix) -> HistoryView:
    return HistoryView(made)


@pytest.fixture(scope="module")
def spy(shared_data: Path) -> pd.DataFrame:
    return pd.read_csv(shared_data / "spy_daily_candle_patterns.csv")


def test_the_table_of_names_has_all_of_talibs_candlesticks():
    named = talib.get_function_groups()["Pattern Recognition"]
    assert sorted(TALIB_NAMES.values()) == sorted(named)


def test_all_of_talibs_candlesticks_are_registered():
    assert set(REGISTERED) == set(TALIB_NAMES)


@pytest.mark.parametrize("pattern_type", REGISTERED)
def test_every_cell_of_real_bars_equals_talib(daily, daily_view, pattern_type):
    permitted = {entry for entry in EXCEPTIONS if entry[0] == pattern_type}
    assert differing(pattern_type, daily, daily_view) == permitted


@pytest.mark.parametrize("pattern_type", REGISTERED)
def test_every_cell_of_made_up_candles_equals_talib(made, made_view, pattern_type):
    assert differing(pattern_type, made, made_view) == set()


@pytest.mark.parametrize("pattern_type", TALIB_NAMES)
def test_every_candlestick_occurs_among_the_made_up_candles(made, pattern_type):
    assert any(np.any(numbers) for _, numbers in talib_of(pattern_type, made))


@pytest.mark.parametrize("pattern_type", REGISTERED)
def test_talib_finds_the_pattern_on_the_last_bar_of_its_example(pattern_type):
    detector = standard().detector(pattern_type)
    columns = np.array(detector.example, float).T
    matrix = as_matrix(dict(zip((*SIDES, "volume"), columns, strict=True)))
    [(_, expected)] = talib_of(pattern_type, matrix)
    assert expected[-1] != 0
    with quiet():
        assert detector.strength(HistoryView(matrix))[0, -1] == expected[-1]


@pytest.mark.parametrize("pattern_type", REGISTERED)
def test_the_warm_up_is_talibs_lookback(pattern_type):
    function = abstract.Function(TALIB_NAMES[pattern_type])
    assert standard().detector(pattern_type).warm_up == function.lookback


@pytest.mark.parametrize("pattern_type", REGISTERED)
def test_candlesticks_of_spy_equal_the_published_table(spy, pattern_type):
    sides = {name: spy[name.title()].to_numpy(float) for name in SIDES}
    matrix = as_matrix({**sides, "volume": spy["Volume"].to_numpy(float)})
    with quiet():
        strength = standard().detector(pattern_type).strength(HistoryView(matrix))[0]
    expected = spy[TALIB_NAMES[pattern_type]].to_numpy(float)
    known = ~np.isnan(expected)
    # TA-Lib 0.6 and later say ±80 where one end of two bodies is equal.
    expected = np.where((expected == 0) & (np.abs(strength) == 80), strength, expected)
    np.testing.assert_array_equal(strength[known], expected[known])
