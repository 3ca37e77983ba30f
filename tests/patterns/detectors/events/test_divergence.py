"""Divergence: price beyond its last swing, RSI or MACD not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from patterns.detectors.events.divergence import cutler_rsi, sma_macd
from patterns.examples import path
from patterns.history import HistoryView
from patterns.registry import standard
from tests.patterns.bars import MINUTE
from tests.patterns.detectors.events.found import found, matrix_of

BOTH = ("rsi_divergence", "macd_divergence")
# Low 47.9 at bar 30, high 53.1 at bar 38, low 47.4 at bar 46, three bars later known.
EXAMPLE = standard().detector("rsi_divergence").example
FIRST, BETWEEN, SECOND, KNOWN = 30, 38, 46, 49


def cutler(close: pd.Series, bar: int, bars: int = 14) -> float:
    change = close.diff()[bar - bars + 1 : bar + 1]
    return 100 * change.clip(lower=0).sum() / change.abs().sum()


def mirrored(bars):
    return tuple((100 - o, 100 - lo, 100 - h, 100 - c, v) for o, h, lo, c, v in bars)


@pytest.mark.parametrize("pattern_type", BOTH)
def test_it_is_found_on_the_bar_on_which_the_second_swing_becomes_known(pattern_type):
    more = path([(0, 49.5), (6, 52.0)])[1:]
    made = found([*EXAMPLE, *more], pattern_type)
    assert list(made) == [KNOWN]
    detection = made[KNOWN]
    assert detection.direction == "bullish"
    start = detection.bar_time_ms - KNOWN * MINUTE
    first, second = [start + FIRST * MINUTE, 47.9], [start + SECOND * MINUTE, 47.4]
    assert detection.pattern_data["geometry"] == {
        "pivots": {"first": first, "between": [start + BETWEEN * MINUTE, 53.1], "second": second},
        "lines": {"price": [first, second]},
    }
    levels = detection.pattern_data["levels"]
    assert levels == {"trigger": 53.1, "stop": 47.4, "target": pytest.approx(58.8)}


@pytest.mark.parametrize("pattern_type", BOTH)
def test_higher_highs_on_a_weaker_oscillator_are_bearish(pattern_type):
    made = found(mirrored(EXAMPLE), pattern_type)
    assert [d.direction for d in made.values()] == ["bearish"]


@pytest.mark.parametrize("pattern_type", BOTH)
def test_a_low_that_is_not_lower_does_not_diverge(pattern_type):
    turns = [(0, 60.0), (20, 60.5), (30, 48.0), (38, 53.0), (46, 48.0), (49, 49.5)]
    assert found(path(turns), pattern_type) == {}


@pytest.mark.parametrize("pattern_type", BOTH)
def test_a_lower_low_in_the_oscillator_too_does_not_diverge(pattern_type):
    turns = [(0, 60.0), (20, 60.5), (30, 55.0), (38, 56.0), (46, 40.0), (49, 42.0)]
    assert found(path(turns), pattern_type) == {}


def test_rsi_must_have_been_low_and_have_turned_by_enough():
    close = pd.Series([bar[3] for bar in EXAMPLE])
    first, second = cutler(close, FIRST), cutler(close, SECOND)
    turned = second - first
    assert list(found(EXAMPLE, "rsi_divergence", difference=turned - 0.01)) == [KNOWN]
    assert found(EXAMPLE, "rsi_divergence", difference=turned + 0.01) == {}
    assert list(found(EXAMPLE, "rsi_divergence", away=50 - first - 0.01)) == [KNOWN]
    assert found(EXAMPLE, "rsi_divergence", away=min(50 - first + 0.01, 50)) == {}


@pytest.mark.parametrize("pattern_type", BOTH)
def test_the_swings_must_not_be_too_near_nor_too_far(pattern_type):
    apart = SECOND - FIRST
    assert list(found(EXAMPLE, pattern_type, min_bars=apart)) == [KNOWN]
    assert found(EXAMPLE, pattern_type, min_bars=apart + 1) == {}
    assert list(found(EXAMPLE, pattern_type, max_bars=apart)) == [KNOWN]
    assert found(EXAMPLE, pattern_type, max_bars=apart - 1) == {}


def test_the_oscillators_are_those_of_pandas_at_any_bar_back(daily):
    row = daily.symbols.index("AAPL")
    matrix = daily.take([row])
    close = pd.Series(matrix.close[0])
    view = HistoryView(matrix)
    points = view.points(view.count == 300)
    bar = int(np.flatnonzero(view.count[0] == 300)[0])
    high, low, before = (pd.Series(side) for side in (matrix.high[0], matrix.low[0], close.shift()))
    ranges = np.maximum(high - low, np.maximum((high - before).abs(), (low - before).abs()))
    unit = ranges[bar - 20 : bar].mean()
    for ago in (0, 3, 40):
        back, at = np.array([ago]), bar - ago
        assert cutler_rsi(points, back)[0] == pytest.approx(cutler(close, at), rel=1e-12)
        means = close.rolling(12).mean()[at] - close.rolling(26).mean()[at]
        assert sma_macd(points, back)[0] == pytest.approx(means / unit, rel=1e-9)


def test_rsi_of_closes_that_did_not_move_is_in_the_middle():
    flat = path([(0, 50.0), (40, 50.0)])
    view = HistoryView(matrix_of(flat, [0] * len(flat)))
    points = view.points(view.count == 41)
    assert cutler_rsi(points, np.array([0])).tolist() == [50.0]


@pytest.mark.parametrize("pattern_type", BOTH)
def test_a_real_divergence(pattern_type, case, real):
    known = case(pattern_type)
    [detection] = real(pattern_type, known)
    assert detection.direction == known["direction"]
    numbers, data = known["numbers"], detection.pattern_data
    for name in ("first", "second"):
        time_ms, price = data["geometry"]["pivots"][name]
        assert [str(pd.Timestamp(time_ms, unit="ms").date()), price] == numbers[name]
    assert data["levels"]["trigger"] == numbers["trigger"]
    older, newer = numbers["oscillator"]
    scale = 10.0 if pattern_type == "rsi_divergence" else 0.5
    turned = abs(newer - older) / scale
    assert data["parts"]["fit"] == pytest.approx(turned / (1 + turned), abs=1e-4)
