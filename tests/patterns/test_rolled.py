"""Longer bars out of minutes, in cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.matrix import BarWindow
from patterns.rolled import MINUTES, SessionHours, roll, roll_series
from tests.patterns.bars import MINUTE

OPENED = 34_200_000  # 09:30
CLOSED = OPENED + 395 * MINUTE  # 16:05, the closing auction included
HOURS = SessionHours(lambda time_ms: OPENED, lambda time_ms: CLOSED)


def clock(text: str) -> int:
    hours, minutes = text.split(":")
    return (int(hours) * 60 + int(minutes)) * MINUTE


@pytest.mark.parametrize(
    ("time", "timeframe", "bucket"),
    [
        ("09:30", "5m", ("09:30", "09:35")),
        ("09:34", "5m", ("09:30", "09:35")),
        ("09:35", "5m", ("09:35", "09:40")),
        ("09:44", "15m", ("09:30", "09:45")),
        ("10:29", "1h", ("09:30", "10:30")),
        ("10:30", "1h", ("10:30", "11:30")),
        ("16:04", "1h", ("15:30", "16:05")),
        ("16:04", "15m", ("16:00", "16:05")),
        ("16:01", "5m", ("16:00", "16:05")),
    ],
)
def test_a_bucket_begins_a_whole_number_of_timeframes_after_the_open(time, timeframe, bucket):
    start, end = HOURS.bucket(clock(time), timeframe)
    assert (start, end) == tuple(map(clock, bucket))


def test_every_minute_of_the_session_is_in_one_bucket_of_each_timeframe():
    for timeframe, minutes in MINUTES.items():
        buckets = [HOURS.bucket(t, timeframe) for t in range(OPENED, CLOSED, MINUTE)]
        distinct = sorted(set(buckets))
        assert [start for start, _ in distinct[1:]] == [end for _, end in distinct[:-1]]
        assert (distinct[0][0], distinct[-1][1]) == (OPENED, CLOSED)
        assert all(end - start <= minutes * MINUTE for start, end in distinct)


def window(
    bars: dict[int, list[tuple[str, float, float, float, float, float, float, bool]]],
) -> BarWindow:
    """Minute bars by row: (time, open, high, low, close, volume, vwap, partial)."""
    made = BarWindow(30)
    made.grow(3)
    names = ("open", "high", "low", "close", "volume", "vwap")
    for row, rows in bars.items():
        for time, *values, partial in rows:
            columns = {name: np.array([value]) for name, value in zip(names, values, strict=True)}
            at = {"time_ms": clock(time), "session_ms": OPENED, "partial": partial}
            made.append(np.array([row]), {**columns, **at})
    return made


BARS = {
    0: [
        ("09:34", 9.0, 99.0, 1.0, 9.0, 900.0, 9.0, True),
        ("09:35", 10.0, 11.0, 9.5, 10.5, 100.0, 10.0, False),
        ("09:37", 10.4, 12.0, 10.0, 11.5, 300.0, 11.0, False),
        ("09:39", 11.5, 11.6, 9.0, 9.2, 100.0, np.nan, False),
        ("09:40", 1.0, 50.0, 0.5, 2.0, 900.0, 3.0, True),
    ],
    1: [("09:36", 20.0, 20.0, 20.0, 20.0, 0.0, np.nan, True)],
    2: [("09:34", 30.0, 30.0, 30.0, 30.0, 5.0, 30.0, False)],
}


def test_a_longer_bar_is_made_of_the_minutes_in_its_bucket_and_of_no_others():
    made = roll(window(BARS), np.arange(3), clock("09:35"), clock("09:40"), most=20)
    assert (made.minute_ms, made.symbol_id.tolist()) == (clock("09:35"), [0, 1])
    assert made.open.tolist() == [10.0, 20.0]
    assert made.high.tolist() == [12.0, 20.0]
    assert made.low.tolist() == [9.0, 20.0]
    assert made.close.tolist() == [9.2, 20.0]
    assert made.volume.tolist() == [500.0, 0.0]
    assert made.vwap[0] == (10.0 * 100 + 11.0 * 300) / 400
    assert np.isnan(made.vwap[1])
    assert made.is_partial.tolist() == [False, True]


def test_a_bucket_without_minutes_has_no_bars():
    assert len(roll(window(BARS), np.arange(3), clock("10:00"), clock("10:05"), most=20)) == 0
    assert len(roll(window({}), np.arange(3), clock("09:35"), clock("09:40"), most=20)) == 0


def test_the_chosen_symbols_alone_are_rolled_up():
    made = roll(window(BARS), np.array([1, 2]), clock("09:30"), clock("09:40"), most=20)
    assert made.symbol_id.tolist() == [1, 2]
    assert made.close.tolist() == [20.0, 30.0]


def test_whole_days_are_rolled_up_to_the_same_bits_as_bucket_by_bucket():
    days = {row: sorted(bars) for row, bars in BARS.items()}
    times = [(row, clock(bar[0]), bar) for row, bars in days.items() for bar in bars]
    names = ("open", "high", "low", "close", "volume", "vwap", "partial")
    minutes = {name: np.array([bar[n + 1] for _, _, bar in times]) for n, name in enumerate(names)}
    minutes |= {"trade_count": np.arange(len(times)), "revision": np.arange(len(times)) % 3}
    buckets = np.array([HOURS.bucket(time, "5m")[0] for _, time, _ in times])
    made = roll_series(np.array([row for row, _, _ in times]), buckets, minutes)
    assert made.place.tolist() == [0, 0, 0, 1, 2]
    assert made.minutes.tolist() == [1, 3, 1, 1, 1]
    assert made.trade_count.tolist() == [0, 1 + 2 + 3, 4, 5, 6]
    assert made.revision.tolist() == [0, 2, 1, 2, 0]
    for start in np.unique(buckets).tolist():
        one = roll(window(BARS), np.arange(3), start, start + 5 * MINUTE, most=20)
        here = made.start_ms == start
        assert made.place[here].tolist() == one.symbol_id.tolist()
        for name in ("open", "high", "low", "close", "volume", "vwap", "is_partial"):
            assert getattr(made, name)[here].tobytes() == getattr(one, name).tobytes(), name


def test_nothing_is_made_of_no_minutes():
    names = ("open", "high", "low", "close", "volume", "vwap")
    minutes = {name: np.zeros(0) for name in names} | {"partial": np.zeros(0, np.bool_)}
    none = np.zeros(0, np.int64)
    assert len(roll_series(none, none, minutes | {"trade_count": none, "revision": none})) == 0
