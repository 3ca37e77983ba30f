"""The made-up market as a feed: in step with the clock, and resumed from it."""

from __future__ import annotations

import json
import threading
import time

import pytest

from streaming.feeds.base import FeedConfigError
from streaming.feeds.options import FeedOptions
from streaming.feeds.registry import make_feed
from streaming.feeds.synthetic.feed import SyntheticFeed
from streaming.ticks import COLUMN_TYPES
from tests.doubles.sink import RecordingSink

SYMBOLS = ["AAPL", "MSFT", "BRK.B"]
MINUTE = 60_000
NOW = 1_795_444_200_000 + 20_500


class Wall:
    """A clock that goes when told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


class Ticking:
    """A stop signal whose waits move the wall's clock on, and which is set at `until`."""

    def __init__(self, wall: Wall, until: int) -> None:
        self._wall, self._until = wall, until

    def is_set(self) -> bool:
        return self._wall.now >= self._until

    def wait(self, secs: float) -> None:
        self._wall.now += round(secs * 1000)


def feed(wall: Wall, **options: object) -> SyntheticFeed:
    return SyntheticFeed(FeedOptions(symbols=SYMBOLS, **options), wall)  # type: ignore[arg-type]


def play(made: SyntheticFeed, sink: RecordingSink, wall: Wall, until: int, resume: bytes) -> None:
    """Run the feed with its clock moved on whenever it waits, and stop it at `until`."""
    made.run(sink, resume, Ticking(wall, until))  # type: ignore[arg-type]


def test_it_begins_with_the_past_hour_and_goes_on_with_the_clock(sink: RecordingSink) -> None:
    wall = Wall()
    play(feed(wall, history_minutes=60), sink, wall, NOW + 5_000, b"")
    times = sink.batch.time_ms
    start = (NOW // MINUTE - 60) * MINUTE
    assert start - 90_000 < times.min() < start + 1500
    assert NOW + 4_000 < times.max() <= NOW + 5_000
    assert abs(sink.count - 3 * (60 * 60 + 25)) < 10
    assert sink.connections == [
        (True, "synthetic market of 3 symbols"),
        (False, "stopped"),
    ]


def test_no_entry_crosses_a_minute(sink: RecordingSink) -> None:
    wall = Wall()
    play(feed(wall, synthetic_late_share=0.0), sink, wall, NOW + 70_000, b"")
    for batch in sink.batches:
        assert batch.time_ms[0] // MINUTE == batch.time_ms[-1] // MINUTE


def test_the_clock_is_told_every_second(sink: RecordingSink) -> None:
    wall = Wall()
    play(feed(wall, history_minutes=0), sink, wall, NOW + 10_000, b"")
    assert 9 <= len(sink.clocks) <= 12
    assert sink.clocks == sorted(sink.clocks)


def test_the_past_is_bounded_by_a_number_of_ticks(sink: RecordingSink) -> None:
    wall = Wall()
    options = {"synthetic_interval": 0.01, "tick_budget": 50_000}
    play(feed(wall, **options), sink, wall, NOW + 100, b"")
    assert sink.count <= 50_000 + 300 * 61
    assert sink.batch.time_ms.min() > NOW - 4 * MINUTE


@pytest.mark.parametrize("cut", [3, 40, 90])
def test_a_restart_makes_the_very_ticks_that_were_missed(cut: int) -> None:
    wall = Wall()
    whole = RecordingSink()
    options = {"history_minutes": 1, "synthetic_late_share": 0.02}
    play(feed(wall, **options), whole, wall, NOW + 30_000, b"")

    wall, first, second = Wall(), RecordingSink(), RecordingSink()
    play(feed(wall, **options), first, wall, NOW + 9_000, b"")
    position = first.positions[-min(cut, len(first.positions))]
    reached = json.loads(position)["clock_ms"]
    kept = [b for b, p in first.events_with_positions() if json.loads(p)["clock_ms"] <= reached]
    wall.now = NOW + 20_000
    play(feed(wall, **options), second, wall, NOW + 30_000, position)
    for name in COLUMN_TYPES:
        resumed = [v for b in [*kept, *second.batches] for v in getattr(b, name).tolist()]
        expected = [v for b in whole.batches for v in getattr(b, name).tolist()]
        assert resumed[: len(expected) - 50] == expected[: len(expected) - 50]


def test_a_long_absence_is_a_gap_and_a_bounded_catching_up(sink: RecordingSink) -> None:
    wall = Wall()
    long_ago = NOW - 30 * 24 * 60 * MINUTE
    position = b'{"clock_ms":%d}' % long_ago
    play(feed(wall, tick_budget=1000), sink, wall, NOW + 100, position)
    assert sink.gaps[0].started_ms == long_ago
    assert sink.gaps[0].ended_ms <= sink.batch.time_ms.min() + 90_000
    assert sink.count <= 1300


@pytest.mark.parametrize("position", [b"nonsense", b"{}", b'{"clock_ms":99999999999999}'])
def test_a_position_that_is_none_is_no_obstacle(sink: RecordingSink, position: bytes) -> None:
    wall = Wall()
    play(feed(wall, history_minutes=1), sink, wall, NOW + 1000, position)
    assert sink.count > 100


def test_outages_come_when_asked_for_and_are_told(sink: RecordingSink) -> None:
    wall = Wall()
    play(feed(wall, synthetic_gaps=True, synthetic_late_share=0), sink, wall, NOW + 100, b"")
    assert 5 <= len(sink.gaps) <= 7
    times = sink.batch.time_ms
    for gap in sink.gaps:
        inside = (times >= gap.started_ms) & (times < gap.ended_ms)
        assert inside.sum() <= 3 * 21
        assert 20_000 <= gap.ended_ms - gap.started_ms <= 60_000


def test_it_runs_in_real_time_with_little_delay(sink: RecordingSink) -> None:
    options = FeedOptions(symbols=SYMBOLS, synthetic_interval=0.05, history_minutes=0)
    stop = threading.Event()
    thread = threading.Thread(target=make_feed("synthetic", options).run, args=(sink, b"", stop))
    thread.start()
    time.sleep(1.0)
    stop.set()
    thread.join(5)
    assert time.time_ns() // 1_000_000 - int(sink.batch.time_ms.max()) < 500


@pytest.mark.parametrize("interval", [0.0, -1.0, 1e9, float("nan")])
def test_an_impossible_interval_is_told(interval: float) -> None:
    with pytest.raises(FeedConfigError, match="SYNTHETIC_UPDATE_INTERVAL"):
        make_feed("synthetic", FeedOptions(symbols=SYMBOLS, synthetic_interval=interval))


def test_a_market_without_symbols_is_told() -> None:
    with pytest.raises(FeedConfigError, match="universe"):
        make_feed("synthetic", FeedOptions())


def test_an_unknown_source_is_told_with_a_near_one() -> None:
    with pytest.raises(FeedConfigError, match="Did you mean 'synthetic'"):
        make_feed("syntetic", FeedOptions())
    with pytest.raises(FeedConfigError, match="massive, replay, synthetic"):
        make_feed("", FeedOptions())
