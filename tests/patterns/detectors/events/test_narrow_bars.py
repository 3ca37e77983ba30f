"""Inside bars and the narrowest of seven."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.examples import falling, rising
from patterns.registry import standard
from tests.patterns.detectors.events.found import earlier, found, rolling, strengths

# rising(): ranges and true ranges of 1.4, up to a close of 60.
WIDE = (60.0, 63.0, 60.0, 62.9, 300.0)


def inside(high, low, before=WIDE):
    return [*rising(), before, (low, high, low, high, 50.0)]


def test_every_inside_bar_of_505_stocks_is_found(table, view):
    high, low = table["high"].to_numpy(), table["low"].to_numpy()
    expected = (high < earlier(table, "high")) & (low > earlier(table, "low"))
    np.testing.assert_array_equal(strengths(view, "inside_bar") != 0, expected)
    assert expected.mean() > 0.1


@pytest.mark.parametrize("bars", [4, 7])
def test_every_narrowest_bar_of_505_stocks_is_found(table, view, bars):
    table = table.assign(size=table["high"] - table["low"])
    expected = table["size"].to_numpy() < rolling(table, "size", bars - 1, "min", 1)
    np.testing.assert_array_equal(strengths(view, "nr7", bars=bars) != 0, expected)


def test_an_inside_bar_may_not_touch_the_ends_of_the_one_before():
    assert list(found(inside(62.0, 61.0), "inside_bar")) == [25]
    assert found(inside(63.0, 62.0), "inside_bar") == {}
    assert found(inside(61.0, 60.0), "inside_bar") == {}


def test_the_bar_around_it_must_be_wide_and_it_must_be_narrow():
    narrow = (60.0, 62.0, 60.0, 61.9, 300.0)
    assert found(inside(61.5, 61.0, before=narrow), "inside_bar") == {}
    assert list(found(inside(61.5, 61.0, before=narrow), "inside_bar", wide=1.4)) == [25]
    assert found(inside(62.21, 61.0), "inside_bar") == {}
    assert list(found(inside(62.21, 61.0), "inside_bar", tight=0.41)) == [25]


def test_they_point_where_the_trend_went():
    [up] = found(inside(62.0, 61.0), "inside_bar").values()
    assert (up.direction, up.pattern_data["levels"]["stop"]) == ("bullish", 60.0)
    mirrored = [*falling(), (40.0, 40.0, 37.0, 37.1, 300.0), (38.5, 38.6, 38.0, 38.1, 50.0)]
    [down] = found(mirrored, "inside_bar").values()
    assert (down.direction, down.pattern_data["levels"]["trigger"]) == ("bearish", 37.0)


def test_without_a_trend_they_point_nowhere():
    flat = [(50.0, 50.7, 49.3, 50.0, 100.0)] * 24
    bars = [*flat, (50.0, 52.0, 49.0, 51.0, 300.0), (50.5, 51.0, 50.0, 50.5, 50.0)]
    [detection] = found(bars, "inside_bar").values()
    assert detection.direction == "neutral"


def test_the_narrowest_bar_counts_within_the_one_before_and_far_below_the_mean():
    calm = list(rising())
    assert list(found([*calm, (60.0, 60.1, 59.7, 60.0, 50.0)], "nr7")) == [24]
    assert found([*calm, (60.2, 60.5, 60.1, 60.3, 50.0)], "nr7") == {}
    # 0.35 of the mean true range of 1.4 is 0.49
    assert found([*calm, (59.7, 60.1, 59.6, 60.0, 50.0)], "nr7") == {}
    assert list(found([*calm, (59.7, 60.1, 59.6, 60.0, 50.0)], "nr7", tight=0.4)) == [24]


def test_a_bar_as_narrow_as_one_of_the_six_before_is_no_nr7():
    twin = (59.5, 59.7, 59.3, 59.6, 50.0)
    bars = [*rising(), (60.0, 60.1, 59.3, 60.0, 50.0), twin, (59.5, 59.7, 59.3, 59.6, 50.0)]
    assert list(found(bars, "nr7")) == [25]


def test_a_bar_of_one_price_is_no_pattern():
    assert found([*rising(), WIDE, (61.0, 61.0, 61.0, 61.0, 5.0)], "inside_bar") == {}
    assert found([*rising(), (60.0, 60.0, 60.0, 60.0, 5.0)], "nr7") == {}


def test_its_own_ends_are_the_levels_of_an_nr7():
    [detection] = found([*rising(), (60.0, 60.1, 59.7, 60.0, 50.0)], "nr7").values()
    assert detection.pattern_data["levels"] == {"trigger": 60.1, "stop": 59.7, "target": 60.7}
    assert len(detection.pattern_data["bars"]) == standard().detector("nr7").span == 7
