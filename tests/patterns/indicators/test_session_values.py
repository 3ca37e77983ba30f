"""VWAP bands, on-balance volume, gap and relative volume: sessions, gaps, and what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import talib

from patterns.context import EXPECTED_VOLUME
from patterns.evaluate import indicator_history, quiet
from patterns.history import HistoryView
from patterns.indicators import gap, obv, relative_volume, vwap
from patterns.matrix import BarMatrix
from tests.patterns.bars import HOUR, MINUTE, as_matrix, walk
from tests.patterns.indicators.one_symbol import TEN, bars_of, closes

NAN = np.nan
BANDS = ("VWAP_UPPER_1", "VWAP_LOWER_1", "VWAP_UPPER_2", "VWAP_LOWER_2")


def vwap_of(matrix: BarMatrix) -> dict[str, list[float]]:
    return {name: v[0].tolist() for name, v in indicator_history(matrix, vwap.DEFINITIONS).items()}


def test_vwap_bands_are_deviations_weighted_by_volume_and_begin_anew_with_the_session():
    matrix = bars_of(
        [
            (TEN - MINUTE, 90, 99, 80, 90, 1000, 90.0),
            (TEN, 10, 10, 10, 10, 300, 10.0),
            (TEN + 5 * MINUTE, 14, 14, 14, 14, 100, 14.0),
        ]
    )
    found = vwap_of(matrix)
    # (300 * 10 + 100 * 14) / 400 = 11; (300 * 1 + 100 * 9) / 400 = 3
    assert found["VWAP"] == [90, 10, 11]
    for number, width in ((1, 1), (2, 2)):
        assert found[f"VWAP_UPPER_{number}"] == [90, 10, pytest.approx(11 + width * 3**0.5)]
        assert found[f"VWAP_LOWER_{number}"] == [90, 10, pytest.approx(11 - width * 3**0.5)]


def test_a_bar_without_volume_moves_no_band():
    matrix = bars_of(
        [
            (TEN, 10, 10, 10, 10, 0, NAN),
            (TEN + MINUTE, 10, 10, 10, 10, 1, 10.0),
            (TEN + 2 * MINUTE, 99, 99, 99, 99, 0, 99.0),
            (TEN + 3 * MINUTE, 12, 12, 12, 12, 1, 12.0),
        ]
    )
    found = vwap_of(matrix)
    np.testing.assert_array_equal(found["VWAP_UPPER_1"], [NAN, 10, 10, 12])
    np.testing.assert_array_equal(found["VWAP_LOWER_2"], [NAN, 10, 10, 9])


def test_a_missing_vwap_is_the_typical_price_in_the_bands_too():
    given = bars_of([(TEN, 9, 12, 9, 12, 5, 11.0), (TEN + MINUTE, 9, 12, 6, 9, 7, 9.0)])
    missing = bars_of([(TEN, 9, 12, 9, 12, 5, NAN), (TEN + MINUTE, 9, 12, 6, 9, 7, NAN)])
    assert vwap_of(given) == vwap_of(missing)


def test_vwap_bands_equal_a_weighted_covariance_of_the_sessions_bars():
    matrix = as_matrix(walk(3, 150, seed=3), ["A", "B", "C"])
    found = indicator_history(matrix, vwap.DEFINITIONS)
    for row, bar in [(r, b) for r in range(3) for b in range(matrix.bars) if matrix.count[r]]:
        session = matrix.session_ms[row, bar]
        chosen = (matrix.session_ms[row] == session) & (np.arange(matrix.bars) <= bar)
        if session < 0:
            continue
        prices, weights = matrix.vwap[row, chosen], matrix.volume[row, chosen].astype(int)
        mean = np.average(prices, weights=weights)
        off = np.sqrt(np.cov(prices, fweights=weights, ddof=0))
        expected = [mean + off, mean - off, mean + 2 * off, mean - 2 * off]
        np.testing.assert_allclose([found[n][row, bar] for n in BANDS], expected, rtol=1e-9)


def test_obv_of_each_session_equals_talib_on_its_bars_alone():
    matrix = as_matrix(walk(4, 200, seed=4), ["A", "B", "C", "D"])
    found = indicator_history(matrix, obv.DEFINITIONS[:1])["OBV"]
    sessions = [(r, s) for r in range(4) for s in np.unique(matrix.session_ms[r]) if s >= 0]
    assert len(sessions) > 12
    for row, session in sessions:
        chosen = matrix.session_ms[row] == session
        close, volume = (np.array(getattr(matrix, n)[row, chosen]) for n in ("close", "volume"))
        np.testing.assert_array_equal(found[row, chosen], talib.OBV(close, volume))


def test_obv_rises_falls_and_stays_with_the_close():
    matrix = closes(10, 11, 11, 10.5, volume=100)
    found = indicator_history(matrix, obv.DEFINITIONS)
    assert found["OBV"][0].tolist() == [100, 200, 200, 100]


def test_the_gap_is_that_of_the_sessions_open_all_through_the_session():
    matrix = bars_of(
        [
            (TEN - 3 * HOUR, 50, 50, 50, 50, 1, 50),
            (TEN - MINUTE, 60, 60, 40, 40, 1, 50),
            (TEN + 7 * MINUTE, 42, 44, 42, 44, 1, 43),
            (TEN + 9 * MINUTE, 60, 60, 60, 60, 1, 60),
            (TEN + HOUR, 57, 57, 57, 57, 1, 57),
        ]
    )
    found = indicator_history(matrix, gap.DEFINITIONS)["GAP_PERCENT"][0]
    # 60 / 50 - 1 (the sessions are hours); 42 / 40 - 1; 57 / 60 - 1
    np.testing.assert_allclose(found, [NAN, 20, 5, 5, -5], rtol=1e-12)


def test_a_daily_gap_is_this_open_against_the_last_close(daily: BarMatrix):
    found = indicator_history(daily, gap.DEFINITIONS)["GAP_PERCENT"]
    opened, closed = pd.DataFrame(daily.open.T), pd.DataFrame(daily.close.T)
    expected = 100 * (opened - closed.shift(1)) / closed.shift(1)
    np.testing.assert_allclose(found.T, expected.to_numpy(), rtol=1e-9, atol=1e-11)


def test_relative_volume_is_measured_by_what_is_expected_at_that_time_of_day():
    view = HistoryView(closes(1, 1, 1, 1, volume=300))
    view.values = {EXPECTED_VOLUME: np.array([[100.0, 600.0, NAN, 0.0]])}
    with quiet():
        [found] = relative_volume.BY_TIME_OF_DAY.compute(view)
    np.testing.assert_array_equal(found[0], [3, 0.5, NAN, NAN])


def test_relative_volume_is_unknown_where_nobody_said_what_to_expect():
    found = indicator_history(closes(1, 1), [relative_volume.BY_TIME_OF_DAY])
    assert np.isnan(found["RVOL"]).all()


def test_daily_relative_volume_leaves_its_own_bar_out_of_the_mean(daily: BarMatrix):
    found = indicator_history(daily, relative_volume.DEFINITIONS[1:])["RVOL_20"]
    volume = pd.DataFrame(daily.volume.T)
    expected = volume / volume.shift(1).rolling(20).mean()
    np.testing.assert_allclose(found.T, expected.to_numpy(), rtol=1e-9)
