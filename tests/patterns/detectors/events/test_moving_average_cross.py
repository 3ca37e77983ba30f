"""Golden and death cross."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from patterns.registry import standard
from tests.patterns.detectors.events.found import found, strengths


def apart(table: pd.DataFrame) -> np.ndarray:
    """SMA 50 less SMA 200 of each symbol, each mean made afresh."""
    out = np.full(len(table), np.nan)
    for rows in table.groupby("symbol", sort=False).indices.values():
        close = table["close"].to_numpy()[rows]
        if len(close) >= 200:
            slow = np.lib.stride_tricks.sliding_window_view(close, 200)
            out[rows[199:]] = slow[:, 150:].mean(axis=1) - slow.mean(axis=1)
    return out


@pytest.mark.parametrize(("pattern_type", "sign"), [("golden_cross", 1), ("death_cross", -1)])
def test_every_cross_of_505_stocks_is_found(table, view, pattern_type, sign):
    now = sign * apart(table)
    before = pd.Series(now).groupby(table["symbol"], sort=False).shift(1).to_numpy()
    expected = (now > 0) & (before <= 0)
    # Where the means are level to the last digits, rounding decides: no reference can say.
    clear = ~(np.minimum(np.abs(now), np.abs(before)) < 1e-9)
    assert (~clear).sum() < 10
    strength = strengths(view, pattern_type)
    np.testing.assert_array_equal(strength[clear], 100 * sign * expected[clear])
    assert expected.sum() > 1000


@pytest.mark.parametrize("pattern_type", ["golden_cross", "death_cross"])
def test_a_cross_is_found_on_its_bar_alone(pattern_type):
    example = standard().detector(pattern_type).example
    last = example[-1]
    made = found([*example, last, last], pattern_type)
    assert list(made) == [len(example) - 1]
    assert made[len(example) - 1].confidence > 0.5


def test_means_that_only_meet_have_not_crossed():
    flat = [(50.0, 50.5, 49.5, 50.0, 100.0)] * 20
    up = (50.0, 51.0, 49.5, 50.8, 100.0)
    # SMA 2 against SMA 20: level at 50 until a close of 50.8 lifts the shorter one more.
    assert list(found([*flat, *flat, up], "golden_cross", fast=2, slow=20)) == [40]
    assert found([*flat, *flat], "golden_cross", fast=2, slow=20) == {}
    assert found([*flat, *flat], "death_cross", fast=2, slow=20) == {}


def test_the_ends_of_twenty_bars_are_the_levels():
    example = standard().detector("golden_cross").example
    [detection] = found(example, "golden_cross").values()
    levels = detection.pattern_data["levels"]
    assert levels["trigger"] == round(max(bar[1] for bar in example[-20:]), 6)
    assert levels["stop"] == round(min(bar[2] for bar in example[-20:]), 6)
