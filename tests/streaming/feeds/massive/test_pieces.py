"""The client's pure parts: back-off, event clock, subscription, silence."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.feeds.massive.backoff import Backoff
from streaming.feeds.massive.clock import WINDOW_MS, EventClock
from streaming.feeds.massive.messages import Status
from streaming.feeds.massive.parsing import Halt
from streaming.feeds.massive.silence import SilenceWatch
from streaming.feeds.massive.subscription import Subscription, requests, topics
from streaming.feeds.massive.tuning import MassiveTuning

TUNING = MassiveTuning()


def waits(backoff: Backoff, times: int) -> list[float]:
    return [backoff.failed() for _ in range(times)]


def test_waits_are_spread_from_nothing_to_a_ceiling_that_doubles() -> None:
    first = [Backoff(TUNING, random.Random(n)).failed() for n in range(500)]
    assert 0 <= min(first) < 0.05
    assert 0.95 < max(first) <= 1.0
    third = [waits(Backoff(TUNING, random.Random(n)), 3)[2] for n in range(500)]
    assert 3.8 < max(third) <= 4.0


def test_waits_never_pass_the_longest() -> None:
    assert max(waits(Backoff(TUNING, random.Random(1)), 200)) <= TUNING.backoff_max_secs


def test_a_conflict_waits_much_longer_and_longer_each_time() -> None:
    backoff = Backoff(TUNING, random.Random(1))
    conflicts = [backoff.conflict() for _ in range(4)]
    for number, wait in enumerate(conflicts):
        longest = TUNING.conflict_secs * 2 ** (number + 1)
        assert longest / 2 <= wait <= longest
    assert backoff.failures == 4


def test_a_conflict_never_waits_past_its_longest() -> None:
    backoff = Backoff(TUNING, random.Random(1))
    assert max(backoff.conflict() for _ in range(100)) <= TUNING.conflict_max_secs


def test_stable_data_forgives_everything() -> None:
    backoff = Backoff(TUNING, random.Random(1))
    backoff.conflict()
    backoff.stable()
    assert (backoff.failures, backoff.conflicts) == (0, 0)
    assert backoff.failed() <= TUNING.backoff_secs


NOW = 1_790_000_000_000


def test_the_clock_does_not_know_the_time_before_a_trade() -> None:
    clock = EventClock()
    assert not clock.knows
    assert clock.surely(NOW) is None
    assert clock.at_most(NOW) is None


def test_the_clock_moves_on_with_ours_less_the_feeds_delay() -> None:
    clock = EventClock()
    clock.observe(NOW, NOW - 80)
    clock.observe(NOW + 1000, NOW + 1000 - 120)
    assert clock.surely(NOW + 5000) == NOW + 5000 - 120
    assert clock.at_most(NOW + 5000) == NOW + 5000 - 80


def test_the_clock_of_a_delayed_feed_is_behind_by_its_delay() -> None:
    clock = EventClock()
    clock.observe(NOW, NOW - 900_000)
    assert clock.surely(NOW + 60_000) == NOW - 840_000


def test_late_trades_do_not_move_the_clock_nor_its_delay() -> None:
    clock = EventClock()
    clock.observe(NOW, NOW - 100)
    clock.observe(NOW + 10, NOW - 30_000)
    assert clock.newest_ms == NOW - 100
    assert clock.surely(NOW + 1000) == NOW + 900


def test_a_passing_delay_is_forgotten_in_two_windows() -> None:
    clock = EventClock()
    clock.observe(NOW, NOW - 10_000)
    for step in range(1, 4):
        wall = NOW + step * WINDOW_MS
        clock.observe(wall, wall - 50)
    assert clock.surely(NOW + 4 * WINDOW_MS) == NOW + 4 * WINDOW_MS - 50


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(-2_000, 200_000)), min_size=1))
def test_the_clock_is_never_behind_the_newest_trade(steps: list[tuple[int, int]]) -> None:
    clock, wall = EventClock(), NOW
    for passed, delay in steps:
        wall += passed
        clock.observe(wall, wall - delay)
        surely, most = clock.surely(wall), clock.at_most(wall)
        assert surely is not None
        assert most is not None
        assert clock.newest_ms is not None
        assert clock.newest_ms <= surely <= max(most, clock.newest_ms)


def test_topics_are_channel_and_symbol_each_once() -> None:
    assert topics(["T", "LULD"], ["AAPL", "BRK.B", "AAPL"]) == [
        "T.AAPL",
        "T.BRK.B",
        "LULD.AAPL",
        "LULD.BRK.B",
    ]


@given(st.lists(st.text("ABCDEFG.", min_size=1, max_size=8)), st.integers(1, 60))
def test_requests_hold_every_topic_once_and_are_bounded(names: list[str], most: int) -> None:
    asked = topics(["T"], names)
    made = list(requests(asked, most))
    assert [topic for params in made for topic in params.split(",")] == asked
    assert all(len(params) <= max(most, len(params.split(",")[0])) for params in made)


def test_confirmations_are_ticked_off() -> None:
    subscription = Subscription(["T.AAPL", "T.BRK.B", "X.Y"])
    subscription.take(Status("success", "subscribed to: T.BRK.B"))
    subscription.take(Status("success", "unsubscribed to: T.AAPL"))
    assert subscription.unconfirmed == ["T.AAPL", "X.Y"]
    assert subscription.confirmed == 1
    assert not subscription.refused


def test_a_refusal_names_no_topic() -> None:
    subscription = Subscription(["T.AAPL"])
    subscription.take(Status("error", "not authorized"))
    assert subscription.refused


@pytest.fixture
def watch() -> SilenceWatch:
    made = SilenceWatch(["AAPL", "MSFT", "NVDA"], np.array([0, 2, 1], np.int32))
    made.started(NOW)
    return made


def test_silence_counts_from_the_connection(watch: SilenceWatch) -> None:
    assert watch.silent(NOW + 1000, 1000) == []
    assert watch.silent(NOW + 1001, 1000) == ["AAPL", "MSFT", "NVDA"]


def test_a_symbol_that_trades_is_not_silent(watch: SilenceWatch) -> None:
    watch.heard(np.array([2, 2, 77], np.int32), NOW + 900)
    assert watch.silent(NOW + 1500, 1000) == ["AAPL", "NVDA"]


def test_a_halted_symbol_is_not_silent_until_it_trades_again(watch: SilenceWatch) -> None:
    watch.halts([Halt("NVDA", NOW, True)])
    assert watch.silent(NOW + 5000, 1000) == ["AAPL", "MSFT"]
    watch.halts([Halt("NVDA", NOW, False)])
    assert watch.silent(NOW + 5000, 1000) == ["AAPL", "MSFT", "NVDA"]


def test_nothing_watched_is_nothing_silent() -> None:
    watch = SilenceWatch([], np.empty(0, np.int32))
    watch.started(NOW)
    watch.heard(np.array([1], np.int32), NOW)
    assert watch.silent(NOW + 10**9, 1) == []
