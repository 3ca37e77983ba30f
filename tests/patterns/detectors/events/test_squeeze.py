"""Squeeze: released after a while, pointing where momentum does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from patterns.evaluate import indicator_history
from patterns.registry import standard
from tests.patterns.detectors.events.found import (
    cells,
    found,
    matrix_of,
    rolling,
    strengths,
)

EXAMPLE = standard().detector("squeeze").example


def squeezed(table: pd.DataFrame) -> np.ndarray:
    """2 deviations less 1.5 mean true ranges: negative inside; NaN without 20 true ranges."""
    deviation = np.full(len(table), np.nan)
    for rows in table.groupby("symbol", sort=False).indices.values():
        close = table["close"].to_numpy()[rows]
        if len(close) >= 20:
            windows = np.lib.stride_tricks.sliding_window_view(close, 20)
            deviation[rows[19:]] = windows.std(axis=1)
    return 2 * deviation - 1.5 * rolling(table, "true_range", 20, "mean")


def run_before(inside: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    """How many bars in a row before each were inside."""
    runs = np.zeros(len(inside))
    new = (table["symbol"] != table["symbol"].shift(1)).to_numpy()
    for n in range(1, len(inside)):
        runs[n] = 0 if new[n] else (runs[n - 1] + 1 if inside[n - 1] else 0)
    return runs


def test_every_release_of_505_stocks_is_the_one_that_pandas_says(table, view):
    off = squeezed(table)
    assert np.nanmin(np.abs(off)) > 1e-9
    inside = off < 0
    runs = run_before(inside, table)
    middle = (rolling(table, "high", 20, "max") + rolling(table, "low", 20, "min")) / 2
    momentum = table["close"].to_numpy() - (middle + rolling(table, "close", 20, "mean")) / 2
    expected = np.where((off > 0) & (runs >= 8), 100 * np.sign(momentum), 0)
    clear = ~(np.abs(momentum) < 1e-9)
    np.testing.assert_array_equal(strengths(view, "squeeze")[clear], expected[clear])
    np.testing.assert_array_equal(cells(view, view.values["SQUEEZE_RUN"] > 0), runs > 0)
    assert (expected != 0).sum() > 5000


def test_a_release_is_found_on_its_bar_alone():
    last = EXAMPLE[-1]
    after = (last[3], last[3] + 1.0, last[3] - 0.2, last[3] + 0.8, 300.0)
    assert list(found([*EXAMPLE, after, after], "squeeze")) == [len(EXAMPLE) - 1]


def test_a_release_downwards_is_bearish():
    down = tuple((100 - o, 100 - lo, 100 - h, 100 - c, v) for o, h, lo, c, v in EXAMPLE)
    [detection] = found(down, "squeeze").values()
    assert detection.direction == "bearish"


def test_how_long_the_squeeze_must_have_lasted_is_a_parameter():
    # 45 bars before it, of which the first 20 are the warm-up: squeezed on 25.
    assert list(found(EXAMPLE, "squeeze", bars=25)) == [45]
    assert found(EXAMPLE, "squeeze", bars=26) == {}


def test_the_run_is_counted_to_a_hundred_and_no_further():
    calm = [(50.0, 50.6, 49.4, 50.0 + 0.2 * (n % 2), 100.0) for n in range(160)]
    matrix = matrix_of(calm, [0] * 160)
    made = indicator_history(matrix, standard().only(["SQUEEZE_ON"]).indicators)
    runs = made["SQUEEZE_RUN"][0]
    assert np.isnan(runs[:20]).all()
    assert runs[20:].tolist() == [min(n, 100) for n in range(140)]


def test_a_real_squeeze(case, real):
    known = case("squeeze")
    [detection] = real("squeeze", known)
    assert detection.direction == known["direction"]
    numbers, parts = known["numbers"], detection.pattern_data["parts"]
    assert parts["length"] == pytest.approx(numbers["squeezed"] / (numbers["squeezed"] + 8))
    pushed = numbers["momentum"] / numbers["unit"]
    assert parts["momentum"] == pytest.approx(pushed / (1 + pushed), abs=1e-3)
    assert parts["volume"] == pytest.approx(numbers["volume"] / (1 + numbers["volume"]), abs=1e-4)
