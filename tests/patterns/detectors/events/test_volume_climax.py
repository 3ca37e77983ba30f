"""Volume climax, and what counts as a session's opening."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.detectors.events.measures import just_opened
from patterns.examples import falling, rising
from patterns.history import HistoryView
from tests.patterns.bars import HOUR, MINUTE
from tests.patterns.detectors.events.found import (
    TEN,
    earlier,
    found,
    matrix_of,
    rolling,
    run,
    strengths,
    weakest,
)

# falling(60): true ranges of 1.4, a decline of 20 points, volume 100, down to a close of 40.
END = (39.8, 40.0, 36.0, 39.0, 600.0)


def changed(**sides):
    named = dict(zip(("open", "high", "low", "close", "volume"), END, strict=True))
    return [*falling(60), tuple({**named, **sides}.values())]


def test_a_climax_at_the_end_of_a_decline_is_bullish():
    [detection] = found(changed(), "volume_climax").values()
    assert detection.direction == "bullish"
    # 6 against 3; a true range of 4 against 1.75 * 1.4; a close at 3 / 4 of the range.
    assert detection.pattern_data["parts"] == {
        "volume": pytest.approx(0.5 + 0.5 * 0.5),
        "range": pytest.approx(0.5 + 0.5 * (1 - 2.45 / 4.0), abs=1e-6),
        "trend": pytest.approx((20 / 1.4) / (20 / 1.4 + 3), abs=1e-6),
        "close": 0.75,
        "agreement": 0.5,
    }


def test_a_climax_at_the_end_of_an_advance_is_bearish():
    [detection] = found([*rising(60), (60.2, 64.0, 60.0, 61.0, 600.0)], "volume_climax").values()
    assert detection.direction == "bearish"


@pytest.mark.parametrize(
    "near_miss",
    [
        changed(volume=299.0),
        changed(low=37.7),
        changed(low=39.8, close=40.0, high=43.0),
        [*falling(60)[:15], (56.0, 56.2, 54.8, 55.0, 600.0), *falling(60)[16:], END],
        [(50.0, 50.7, 49.3, 50.0, 100.0)] * 60 + [(50.0, 50.2, 46.0, 49.0, 600.0)],
    ],
    ids=["too little volume", "too narrow", "no new low", "as much before", "no trend"],
)
def test_a_near_miss_is_no_climax(near_miss):
    assert found(near_miss, "volume_climax") == {}


def test_every_climax_of_505_stocks_is_the_one_that_pandas_says(table, view):
    atr, volume = table["atr"].to_numpy(), table["volume"].to_numpy()
    move = (earlier(table, "close") - earlier(table, "close", 21)) / atr
    up = (move >= 3) & (table["high"].to_numpy() > rolling(table, "high", 20, "max", 1))
    down = (move <= -3) & (table["low"].to_numpy() < rolling(table, "low", 20, "min", 1))
    much = volume >= 3 * rolling(table, "volume", 20, "mean", 1)
    much &= volume > rolling(table, "volume", 49, "max", 1)
    wide = table["true_range"].to_numpy() >= 1.75 * atr
    # These bars come in sessions of a week: a Monday, or the day after a Monday's holiday, opens.
    week = table["date"].astype("datetime64[ms]").astype("int64") // (7 * 86_400_000)
    opened = (week != week.groupby(table["symbol"], sort=False).shift(1)).to_numpy()
    expected = np.where(much & wide & ~opened, 100 * (down * 1 - up * 1), 0)
    np.testing.assert_array_equal(strengths(view, "volume_climax"), expected)
    assert (expected != 0).sum() > 300


def test_the_first_bar_of_an_intraday_session_is_no_climax():
    bars = changed()
    start = TEN + (len(bars) - 1) * MINUTE
    opening = run(bars, weakest("volume_climax"), session=lambda ms: start if ms >= start else 0)
    assert opening == {}
    assert list(found(bars, "volume_climax")) == [60]


def test_daily_bars_have_no_opening():
    bars = changed()
    made = run(bars, weakest("volume_climax"), session=lambda ms: ms, timeframe="1d")
    assert list(made) == [60]


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        ([1, 1, 1, 1, 2, 2, 2, 2], [4, 5]),
        ([1, 2, 3, 4, 5, 6, 7, 8], []),
        ([1, 1, 2, 3, 3, 3, 3, 3], [2, 3, 4]),
    ],
    ids=["two sessions", "a session a bar", "a session of one bar between"],
)
def test_the_first_bars_of_a_session_have_just_opened(sessions, expected):
    matrix = matrix_of([(50.0, 50.0, 50.0, 50.0, 1.0)] * 8, [n * HOUR for n in sessions])
    opened = just_opened(HistoryView(matrix), 2)[0]
    assert [n for n in range(2, 8) if opened[n]] == expected


def test_a_real_climax(case, real):
    known = case("volume_climax")
    [detection] = real("volume_climax", known)
    assert detection.direction == known["direction"]
    numbers, parts = known["numbers"], detection.pattern_data["parts"]
    assert parts["volume"] == pytest.approx(0.5 + 0.5 * (1 - 3 / numbers["volume"]), abs=1e-4)
    assert parts["range"] == pytest.approx(0.5 + 0.5 * (1 - 1.75 / numbers["range"]), abs=1e-4)
    assert parts["trend"] == pytest.approx(numbers["move"] / (numbers["move"] + 3), abs=1e-4)
