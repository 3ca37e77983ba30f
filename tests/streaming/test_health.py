"""The `health` object: figures measured between two looks, and reasons in plain words."""

from __future__ import annotations

import json
import os
from typing import Any

import psutil
import pytest

from streaming.counters import Counters
from streaming.health import HealthMonitor, Usage, UsageMeter
from streaming.health_reasons import Thresholds

START = 1_719_936_000_000  # 2024-07-02 16:00:00 UTC
LEAST = {
    *("session_id", "source", "status", "detectors_loaded", "indicators_loaded"),
    *("active_symbols", "ticks_per_second", "bars_written", "patterns_detected"),
    *("indicators_calculated", "late_ticks", "dropped_ticks", "feed_lag_ms", "memory_mb"),
    *("cpu_percent", "error_count", "feed_connected", "timestamp", "data_flow", "reasons"),
}


class Stream:
    """A stream whose counters a test sets, looked at every ten seconds."""

    def __init__(self, **options: Any) -> None:
        self.counters = Counters(feed_connected=True)
        self.monitor = HealthMonitor(
            source="synthetic",
            counters=self.counters,
            thresholds=Thresholds(),
            detectors_loaded=9,
            indicators_loaded=10,
            **options,
        )
        self.now_ms = START
        self.session: str | None = "a-session"
        self.memory_mb = 100.0
        self.ticks(0)
        self.look()

    def ticks(self, count: int, lag_ms: int = 40) -> None:
        self.counters.ticks_received += count
        self.counters.ticks_processed += count
        self.counters.last_received_ms = self.now_ms
        self.counters.newest_tick_ms = self.now_ms - lag_ms

    def look(self, **options: Any) -> dict[str, Any]:
        return self.monitor.observe(
            now_ms=self.now_ms,
            session_id=self.session,
            active_symbols=options.pop("active_symbols", 70),
            usage=Usage(self.memory_mb, 12.5),
            symbol_count=70,
            **options,
        )

    def later(self, secs: float = 10, ticks: int = 700, **options: Any) -> dict[str, Any]:
        self.now_ms += round(secs * 1000)
        if ticks:
            self.ticks(ticks)
        return self.look(**options)


def test_health_holds_what_the_contract_names() -> None:
    health = Stream().later()
    assert health.keys() >= LEAST
    assert json.loads(json.dumps(health, allow_nan=False)) == health


def test_a_well_stream_is_healthy_with_measured_figures() -> None:
    health = Stream().later(secs=10, ticks=700)
    assert (health["status"], health["reasons"]) == ("healthy", [])
    assert health["ticks_per_second"] == 70.0
    assert health["data_flow"] == {"ticks_per_second": 70.0}
    assert health["feed_lag_ms"] == 40
    assert (health["active_symbols"], health["memory_mb"], health["cpu_percent"]) == (
        70,
        100.0,
        12.5,
    )
    assert (health["detectors_loaded"], health["indicators_loaded"]) == (9, 10)
    assert health["timestamp"] == "2024-07-02T16:00:10+00:00"


def test_the_rate_is_that_of_the_window_alone() -> None:
    stream = Stream()
    assert stream.later(secs=10, ticks=1_000)["ticks_per_second"] == 100.0
    assert stream.later(secs=5, ticks=50)["ticks_per_second"] == 10.0


def test_a_feed_that_is_gone_is_told_with_its_time_and_becomes_an_error() -> None:
    stream = Stream()
    stream.later()
    stream.counters.feed_connected, stream.counters.feed_detail = False, "closed with 1006"
    health = stream.later(ticks=0)
    assert health["reasons"] == ["feed disconnected since 16:00:20 UTC (closed with 1006)"]
    assert health["status"] == "degraded"
    assert stream.later(secs=59, ticks=0)["status"] == "degraded"
    assert stream.later(secs=1, ticks=0)["status"] == "error"
    stream.counters.feed_connected = True
    assert stream.later()["status"] == "healthy"


def test_without_a_session_a_silent_feed_is_no_reason() -> None:
    stream = Stream()
    stream.session, stream.counters.feed_connected = None, False
    assert stream.later(secs=3600, ticks=0)["status"] == "healthy"


def test_the_time_before_the_session_is_not_held_against_the_feed() -> None:
    stream = Stream()
    stream.session, stream.counters.feed_connected = None, False
    stream.later(secs=36_000, ticks=0)
    stream.session = "the next"
    health = stream.later(secs=1, ticks=0)
    assert health["reasons"] == ["feed disconnected since 02:00:01 UTC"]
    assert health["status"] == "degraded"


def test_a_tape_that_has_ended_is_no_reason() -> None:
    stream = Stream(live=False)
    stream.counters.feed_connected = False
    assert stream.later(ticks=0, feed_finished=True)["reasons"] == []


def test_a_connected_feed_that_says_nothing_is_told() -> None:
    stream = Stream()
    assert stream.later(secs=30, ticks=0)["status"] == "healthy"
    [reason] = stream.later(secs=1, ticks=0)["reasons"]
    assert reason == "no ticks for 31 s, although the feed is connected"


def test_stores_that_are_away_are_told_with_what_waits() -> None:
    stream = Stream()
    stream.now_ms += 10_000
    stream.ticks(700)
    stream.counters.database_down_since_ms = stream.now_ms - 12_000
    stream.counters.pending_minutes = 3
    stream.counters.redis_down_since_ms = stream.now_ms - 5_000
    stream.counters.buffered_ticks = 12_345
    health = stream.look()
    assert health["reasons"] == [
        "database unreachable for 12 s: 3 minutes waiting to be stored",
        "Redis unreachable for 5 s: 12,345 ticks buffered",
    ]
    assert health["status"] == "degraded"


def test_a_database_that_is_away_for_a_minute_is_an_error() -> None:
    stream = Stream()
    stream.counters.database_down_since_ms = START
    stream.counters.pending_minutes = 1
    assert stream.later(secs=59)["reasons"] == [
        "database unreachable for 59 s: 1 minute waiting to be stored"
    ]
    assert stream.later(secs=1)["status"] == "error"


def test_a_lag_over_the_threshold_is_told() -> None:
    stream = Stream()
    stream.now_ms += 10_000
    stream.ticks(700, lag_ms=5_001)
    assert stream.look()["reasons"] == ["feed lag is 5,001 ms, more than 5,000 ms"]


def test_a_delayed_feed_is_healthy_while_it_is_as_late_as_it_should_be() -> None:
    stream = Stream(expected_lag_ms=900_000)
    stream.now_ms += 10_000
    stream.ticks(700, lag_ms=904_000)
    health = stream.look()
    assert (health["status"], health["feed_lag_ms"]) == ("healthy", 904_000)


def test_a_replays_lag_is_what_waits_at_the_present_pace() -> None:
    stream = Stream(live=False)
    stream.now_ms += 10_000
    stream.ticks(10_000, lag_ms=10**9)
    stream.counters.ticks_received += 500
    assert stream.look()["feed_lag_ms"] == 500  # 500 ticks at 1,000 a second


def test_lost_ticks_are_told_by_reason_and_expected_ones_are_not() -> None:
    stream = Stream()
    stream.counters.dropped.update(duplicate=500, out_of_session=100)
    assert stream.later()["reasons"] == []
    stream.counters.dropped.update(too_late=12, no_room=30)
    health = stream.later()
    assert health["reasons"] == ["42 ticks dropped in the last 10 s: 30 no room, 12 too late"]
    assert health["dropped_ticks"] == 642
    assert health["dropped_by_reason"]["duplicate"] == 500
    assert stream.later()["reasons"] == []


def test_a_few_lost_among_many_are_within_the_threshold() -> None:
    stream = Stream()
    stream.counters.dropped.update(too_late=1)
    assert stream.later(ticks=1_000)["reasons"] == []


def test_bad_messages_over_the_threshold_are_told() -> None:
    stream = Stream()
    stream.counters.rejected.update(not_json=10)
    assert stream.later()["reasons"] == []
    stream.counters.rejected.update(not_json=9, bad_price=2)
    assert stream.later()["reasons"] == [
        "11 bad messages set aside in the last 10 s: 9 not json, 2 bad price"
    ]


def test_errors_are_told_in_the_window_they_happened() -> None:
    stream = Stream()
    stream.counters.error_count += 1
    health = stream.later()
    assert (health["reasons"], health["error_count"]) == (
        ["1 error in the last 10 s: see the log"],
        1,
    )
    assert stream.later()["reasons"] == []


def test_silent_symbols_are_told_once_they_are_many() -> None:
    stream = Stream()
    stream.counters.silent_symbols = tuple(f"S{n}" for n in range(14))
    assert stream.later()["status"] == "healthy"
    stream.counters.silent_symbols = tuple(f"S{n}" for n in range(15))
    health = stream.later()
    assert health["reasons"] == ["15 of 70 symbols are silent: S0, S1, S2, S3, S4, …"]
    assert health["silent_symbols"] == 15


def test_too_much_memory_is_told() -> None:
    stream = Stream()
    stream.memory_mb = 2_500.0
    assert stream.later()["reasons"] == ["the stream takes 2,500 MB of memory, over 2,048"]


def test_thresholds_come_from_the_settings(settings: Any) -> None:
    settings.HEALTH_MAX_FEED_LAG_MS = 123
    assert Thresholds.from_settings() == Thresholds(max_feed_lag_ms=123)


def test_usage_is_that_of_this_process() -> None:
    memory = psutil.Process(os.getpid()).memory_info().rss / 1_048_576
    usage = UsageMeter().read()
    assert usage.memory_mb == pytest.approx(memory, rel=0.2)
    assert usage.cpu_percent >= 0
