"""New highs and lows of some bars, and of a year."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.registry import standard
from tests.patterns.detectors.events.found import cells, found, rolling, strengths

CALM = [(50.0, 50.5, 49.5, 50.0, 100.0)] * 30
SIDES = {
    "new_high": ("high", "max", 20, 10),
    "new_low": ("low", "min", 20, 10),
    "year_high": ("high", "max", 252, 20),
    "year_low": ("low", "min", 252, 20),
}


@pytest.mark.parametrize("pattern_type", SIDES)
def test_every_new_extreme_of_505_stocks_is_found(table, view, pattern_type):
    side, how, bars, _ = SIDES[pattern_type]
    sign = 1 if how == "max" else -1
    beyond = sign * (table[side].to_numpy() - rolling(table, side, bars, how, 1)) > 0
    assert beyond.any()
    np.testing.assert_array_equal(strengths(view, pattern_type), 100 * sign * beyond)


@pytest.mark.parametrize("pattern_type", SIDES)
def test_only_those_are_kept_whose_old_extreme_has_stood(table, view, pattern_type):
    side, _, bars, rest = SIDES[pattern_type]
    detector = standard().detector(pattern_type)
    kept = cells(view, (detector.strength(view) != 0) & detector.keep(view))
    sign = 1 if side == "high" else -1
    expected = np.zeros(len(table), bool)
    for rows in table.groupby("symbol", sort=False).indices.values():
        values = sign * table[side].to_numpy()[rows]
        if len(values) <= bars:
            continue
        windows = np.lib.stride_tricks.sliding_window_view(values, bars)[:-1]
        oldest = bars - np.argmax(windows, axis=1)
        new = values[bars:] > windows.max(axis=1)
        expected[rows[bars:]] = new & (oldest > rest)
    np.testing.assert_array_equal(kept, expected)
    assert 0 < kept.mean() < 0.02


def test_a_high_that_is_only_equalled_is_not_new():
    assert found([*CALM, (50.0, 50.5, 49.5, 50.4, 100.0)], "new_high") == {}
    assert found([*CALM, (50.0, 50.5, 49.5, 49.6, 100.0)], "new_low") == {}


def test_a_level_that_was_reached_again_is_as_old_as_when_it_was_first_reached():
    [detection] = found([*CALM, (50.0, 50.6, 49.5, 50.5, 100.0)], "new_high").values()
    assert detection.pattern_data["parts"]["stood"] == 1.0


def test_a_trend_of_new_highs_is_one_detection_until_it_rests():
    top = [(50 + n, 51.0 + n, 49.5 + n, 50.9 + n, 100.0) for n in range(6)]
    rest = [(54.0, 55.0, 53.0, 54.0, 100.0)]
    again = (55.0, 57.0, 54.0, 56.9, 100.0)
    # The highest high is that of bar 29: at bar 39 ten bars ago, at bar 40 one more.
    bars = [*CALM[:24], *top]
    assert list(found(bars, "new_high")) == [24]
    assert list(found([*bars, *rest * 9, again], "new_high")) == [24]
    assert list(found([*bars, *rest * 10, again], "new_high")) == [24, 40]


def test_the_rest_is_a_parameter():
    peak = (50.0, 51.0, 49.5, 50.0, 100.0)
    bars = [*CALM[:26], peak, *CALM[:3], (50.0, 51.5, 49.5, 51.4, 100.0)]
    assert list(found(bars, "new_high")) == [26]
    assert list(found(bars, "new_high", rest=3)) == [26, 30]
    assert list(found(bars, "new_high", rest=4)) == [26]


def test_it_is_drawn_from_the_old_high_and_given_up_below_the_last_five_bars():
    peak = (50.0, 51.0, 49.5, 50.0, 100.0)
    bars = [*CALM[:15], peak, *CALM[:14], (50.0, 52.0, 49.8, 51.5, 100.0)]
    detection = found(bars, "new_high")[30]
    now = detection.bar_time_ms
    assert detection.pattern_data["geometry"] == {
        "pivots": {"old": [now - 15 * 60_000, 51.0]},
        "lines": {"level": [[now - 15 * 60_000, 51.0], [now, 51.0]]},
    }
    assert detection.pattern_data["levels"] == {"trigger": 52.0, "stop": 49.5, "target": 55.75}
    assert detection.pattern_data["parts"]["stood"] == 0.75


def test_a_year_is_for_daily_bars_alone():
    assert standard().detector("year_high").timeframes == ("1d",)
    assert standard().detector("year_low").lookback == 253
