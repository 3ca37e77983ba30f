"""VWAP reclaim and loss."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.evaluate import indicator_history
from patterns.history import HistoryView
from patterns.matrix import BarMatrix
from patterns.registry import standard
from tests.patterns.bars import MINUTE, as_matrix, walk
from tests.patterns.detectors.events.found import TEN, found, run, weakest

NAMES = ["A", "B", "C", "D", "E"]


def bar(price, volume=100.0):
    return (price, price, price, price, volume)


# VWAP falls from 60 towards 50, and stays above every close after the first.
BELOW = [bar(60.0), *[bar(50.0)] * 15]
RECLAIM = bar(56.0)


def test_a_close_above_vwap_after_fifteen_below_it_reclaims_it():
    # (60 + 15 * 50 + 56) / 17 = 50.94
    [detection] = found([*BELOW, RECLAIM], "vwap_reclaim").values()
    assert detection.direction == "bullish"
    assert found([*BELOW[:-1], RECLAIM], "vwap_reclaim") == {}
    assert list(found([*BELOW[:-1], RECLAIM], "vwap_reclaim", bars=14)) == [15]


def test_a_close_that_stays_below_does_not():
    # (60 + 15 * 50 + 50.5) / 17 = 50.62
    assert found([*BELOW, bar(50.5)], "vwap_reclaim") == {}


def test_a_loss_is_mirrored():
    bars = [bar(40.0), *[bar(50.0)] * 15, bar(44.0)]
    [detection] = found(bars, "vwap_loss").values()
    assert detection.direction == "bearish"
    assert found(bars, "vwap_reclaim") == {}


def test_the_crossing_bar_alone_is_one():
    assert list(found([*BELOW, RECLAIM, bar(57.0), bar(58.0)], "vwap_reclaim")) == [16]


def test_bars_of_the_session_before_do_not_count():
    start = TEN + 8 * MINUTE
    bars = [*BELOW, RECLAIM]
    made = run(bars, weakest("vwap_reclaim"), session=lambda ms: start if ms >= start else 0)
    assert made == {}


def test_a_close_at_vwap_neither_counts_nor_ends_the_row():
    level = (60.0 + 15 * 50.0) / 16
    assert level == 50.625
    bars = [*BELOW, bar(level), RECLAIM]
    assert list(found(bars, "vwap_reclaim", bars=15)) == [17]
    assert found(bars, "vwap_reclaim", bars=16) == {}


def signed_runs(matrix: BarMatrix) -> tuple[np.ndarray, np.ndarray]:
    """VWAP of each session, and the closes in a row on one side of it before each bar."""
    level, runs = np.full(matrix.close.shape, np.nan), np.zeros(matrix.close.shape)
    for row in range(len(matrix.symbols)):
        for session in np.unique(matrix.session_ms[row]):
            bars = np.flatnonzero((matrix.session_ms[row] == session) & (session >= 0))
            volume = matrix.volume[row, bars]
            made = np.cumsum(matrix.vwap[row, bars] * volume) / np.cumsum(volume)
            level[row, bars] = made
            sides = np.sign(matrix.close[row, bars] - made)
            run = 0
            for number, side in zip(bars, sides, strict=True):
                runs[row, number] = run
                if side:
                    run = run + side if run * side > 0 else side
    return level, runs


@pytest.mark.parametrize(("pattern_type", "sign"), [("vwap_reclaim", 1), ("vwap_loss", -1)])
def test_every_cross_of_made_up_sessions_is_found(pattern_type, sign):
    matrix = as_matrix(walk(len(NAMES), 900, seed=5, traded=0.9), NAMES)
    view = HistoryView(matrix)
    registry = weakest(pattern_type, bars=6)
    view.values = indicator_history(matrix, registry.indicators)
    level, runs = signed_runs(matrix)
    there = view.count > 0
    np.testing.assert_allclose(view.values["VWAP_LEVEL"][there], level[there], rtol=1e-12)
    found = registry.detectors[0].find(view)
    expected = (sign * (matrix.close - level) > 0) & (-sign * runs >= 6)
    np.testing.assert_array_equal(found != 0, expected)
    assert expected.any()


def test_the_level_is_the_vwap_that_is_shown(daily):
    matrix = daily.take([3])
    indicators = [standard().indicator(name) for name in ("VWAP", "VWAP_LEVEL")]
    made = indicator_history(matrix, indicators)
    np.testing.assert_array_equal(made["VWAP"], made["VWAP_LEVEL"])


def test_intraday_alone():
    assert "1d" not in standard().detector("vwap_loss").timeframes
