"""How streams begin and end: stopped, replaced, refused, split up; and what they tell meanwhile."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.home import DATABASE_URLS, Home, Listener, wait_for, with_port
from tests.chaos.proxy import Proxy
from tests.chaos.tapes import expected_bars, hard_tape, write_csv

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

PATTERNS = "tickstock:patterns:streaming"
SYNTHETIC = ["--source", "synthetic", "--ignore-market-hours"]
FEW_SYMBOLS = {
    "SYNTHETIC_TICKER_COUNT": "8",
    "SYNTHETIC_HISTORY_MINUTES": "40",
    "HEALTH_INTERVAL": "0.5",
}


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return write_csv(hard_tape(seed=5, minutes=30), tmp_path / "tape.csv")


def replay(tape: Path, speed: str = "max") -> list[str]:
    return ["--source", "replay", "--tape", str(tape), "--speed", speed, "--once"]


def expected() -> dict[tuple[str, int], Any]:
    return expected_bars(hard_tape(seed=5, minutes=30))


def bars(home: Home) -> dict[tuple[str, int], Any]:
    return {(row[0], row[1]): (*row[2:7], row[8]) for row in home.stored().bars}


def stop(process: subprocess.Popen[str], secs: float = 20) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(secs)


def test_a_stop_leaves_partial_bars_that_the_next_start_replaces(home: Home, tape: Path) -> None:
    # A minute of the tape a second; stopped in the middle of one.
    process = home.start(*replay(tape, "60"))
    wait_for(lambda: home.one("SELECT count(*) FROM ohlcv_1min") > 4, 60, "a few bars")
    assert stop(process) == 0, home.logs()
    partial = home.one("SELECT count(*) FROM ohlcv_1min WHERE is_partial")
    last = home.one('SELECT max("timestamp") FROM ohlcv_1min')
    whole = home.one("SELECT count(*) FROM ohlcv_1min WHERE NOT is_partial")
    assert home.rows('SELECT DISTINCT "timestamp" FROM ohlcv_1min WHERE is_partial') in (
        [],
        [(last,)],
    )
    assert partial + whole < len(expected())
    assert home.rows("SELECT status FROM streaming_sessions") == [("stopped",)]
    assert home.one("SELECT count(*) FROM streaming_sessions WHERE end_time IS NULL") == 0

    assert home.run(*replay(tape)) == 0, home.logs()
    assert bars(home) == expected()
    assert home.one("SELECT count(*) FROM ohlcv_1min WHERE is_partial") == 0


@pytest.mark.slow
def test_sources_do_not_mix_and_purge_makes_room(home: Home, tape: Path) -> None:
    assert home.run(*replay(tape)) == 0, home.logs()
    assert home.run(*SYNTHETIC, **FEW_SYMBOLS) == 3
    assert "bars of source 'replay'" in home.logs()
    assert "manage.py purge --source replay" in home.logs()
    with pytest.raises(AssertionError, match=r"No data of source 'reply'.*Stored: replay"):
        home.manage("purge", "--source", "reply")
    assert bars(home) == expected()
    home.manage("purge", "--source", "replay")
    left = [
        home.one(f"SELECT count(*) FROM {table}")
        for table in ("ohlcv_1min", "intraday_patterns", "intraday_indicators", "stream_positions")
    ]
    assert left == [0, 0, 0, 0]
    assert list(home.redis().scan_iter("tickstock:journal:*")) == []


# --- what is told --------------------------------------------------------------------------------

NUMBERS = (int, float)
CONTRACT: dict[str, dict[str, dict[str, Any]]] = {
    "tickstock:market:ticks": {
        "market_tick": {"symbol": str, "price": NUMBERS, "volume": NUMBERS, "source": str}
    },
    "tickstock:streaming:session_started": {
        "streaming_session_started": {
            "session": {"session_id", "universe", "symbol_count", "start_time", "status"}
        }
    },
    "tickstock:streaming:session_stopped": {
        "streaming_session_stopped": {
            "session": {
                "session_id",
                "universe",
                "symbol_count",
                "start_time",
                "status",
                "end_time",
                "duration_seconds",
                "ticks_processed",
                "bars_written",
                "patterns_detected",
                "indicators_calculated",
            }
        }
    },
    "tickstock:streaming:health": {
        "streaming_health": {
            "health": {
                "session_id",
                "source",
                "status",
                "reasons",
                "detectors_loaded",
                "indicators_loaded",
                "active_symbols",
                "ticks_per_second",
                "bars_written",
                "patterns_detected",
                "indicators_calculated",
                "late_ticks",
                "dropped_ticks",
                "feed_lag_ms",
                "memory_mb",
                "cpu_percent",
                "error_count",
                "feed_connected",
                "timestamp",
                "data_flow",
            }
        }
    },
    "tickstock:patterns:streaming": {
        "pattern_detected": {
            "pattern": {
                "detection_id",
                "seq",
                "state",
                "symbol",
                "pattern_type",
                "timeframe",
                "tier",
                "direction",
                "confidence",
                "price",
                "bar_timestamp",
                "detection_timestamp",
                "flow_id",
            }
        },
        "pattern_revised": {"pattern": {"detection_id", "seq", "state", "symbol"}},
        "pattern_state": {"pattern": {"detection_id", "seq", "state", "symbol"}},
    },
    "tickstock:indicators:streaming": {
        "indicator_calculated": {"indicators": {"symbol", "timeframe", "bar_timestamp", "values"}}
    },
    # The program's own, between its processes.
    "tickstock:streaming:prices": {"prices": {"prices": dict, "sent_ms": int}},
    "tickstock:streaming:bars": {
        "bars": {"minute_ms": int, "bars": dict},
        "bars_revised": {"minute_ms": int, "bars": dict},
    },
    "tickstock:streaming:indicators": {"indicators": {"minute_ms": int, "values": dict}},
}


def no_constants(word: str) -> float:
    raise AssertionError(f"{word} has no JSON form")


def check_message(channel: str, data: bytes) -> dict[str, Any]:
    """Hold one message against the contract's table; the message."""
    message = json.loads(data, parse_constant=no_constants)
    assert channel in CONTRACT, channel
    assert message["type"] in CONTRACT[channel], (channel, message["type"])
    assert message["event_id"]
    if channel == "tickstock:market:ticks":
        assert isinstance(message["timestamp"], int)
    else:
        moment = datetime.fromisoformat(message["timestamp"])
        assert moment.utcoffset() == datetime.now(UTC).utcoffset()
    for field, wanted in CONTRACT[channel][message["type"]].items():
        if isinstance(wanted, set):
            missing = wanted - set(message[field])
            assert not missing, (channel, field, missing)
        else:
            assert isinstance(message[field], wanted), (channel, field)
    return dict(message)


@pytest.mark.slow
def test_every_message_is_what_the_contract_says(home: Home) -> None:
    listener = Listener(home.env["REDIS_URL"])
    process = home.start(*SYNTHETIC, **FEW_SYMBOLS)
    wait_for(lambda: listener.of(PATTERNS), 60, "a detection")
    wait_for(lambda: len(listener.of("tickstock:market:ticks")) > 20, 30, "ticks")
    wait_for(lambda: home.health().get("ticks_per_second", 0) > 0, 30, "a health with ticks")
    assert stop(process) == 0, home.logs()
    listener.stop()

    messages = [check_message(channel, data) for channel, data in listener.messages]
    assert {channel for channel, _ in listener.messages} == set(CONTRACT)
    ids = [message["event_id"] for message in messages]
    assert len(ids) == len(set(ids)), "two events have one id"
    seqs = [m["pattern"]["seq"] for m in messages if m["type"] == "pattern_detected"]
    assert seqs == sorted(seqs)
    started = [m["session"] for m in messages if m["type"] == "streaming_session_started"]
    stopped = [m["session"] for m in messages if m["type"] == "streaming_session_stopped"]
    assert [s["session_id"] for s in started] == [s["session_id"] for s in stopped]
    assert started[0]["symbol_count"] == 8
    assert stopped[0]["bars_written"] > 8 * 30
    assert stopped[0]["bars_written"] >= home.one("SELECT count(*) FROM ohlcv_1min")
    indicated = {m["indicators"]["symbol"] for m in messages if "indicators" in m}
    assert len(indicated) == 8


# --- slower ones ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_stop_without_a_database_ends_in_time_and_the_next_start_completes(
    home: Home, tape: Path
) -> None:
    proxy = Proxy(home.env["DATABASE_URL"])
    away = {name: with_port(home.env[name], proxy.port) for name in DATABASE_URLS}
    process = home.start(*replay(tape, "120"), **away, HEALTH_INTERVAL="0.5")
    wait_for(lambda: home.one("SELECT count(*) FROM ohlcv_1min") > 10, 60, "a few bars")
    proxy.cut()
    health = wait_for(
        lambda: (found := home.health()).get("status") == "degraded" and found, 30, "degraded"
    )
    assert "database unreachable" in health["reasons"][0]
    started = time.monotonic()
    assert stop(process, secs=20) == 0, home.logs()
    assert time.monotonic() - started < 18
    proxy.close()
    assert home.run(*replay(tape)) == 0, home.logs()
    assert bars(home) == expected()
    assert home.rows("SELECT DISTINCT status FROM streaming_sessions ORDER BY 1") == [
        ("interrupted",),
        ("stopped",),
    ]


@pytest.mark.slow
def test_a_second_stream_of_a_feed_waits_and_takes_over_from_one_that_was_killed(
    home: Home, tape: Path
) -> None:
    first = home.start(*replay(tape, "60"))
    wait_for(lambda: home.one("SELECT count(*) FROM ohlcv_1min") > 4, 60, "a few bars")
    second = home.start(*replay(tape, "600"))
    wait_for(lambda: "streams this feed already" in home.log(second), 30, "the second waits")
    first.kill()
    assert second.wait(60) == 0, home.logs()
    assert bars(home) == expected()


@pytest.mark.slow
def test_a_feed_and_two_shards_of_bars_make_what_one_process_makes(home: Home, tape: Path) -> None:
    listener = Listener(home.env["REDIS_URL"], PATTERNS)
    shards = [
        home.start(*replay(tape), "--role", "bars", "--shard", f"{shard}/2") for shard in (0, 1)
    ]
    assert home.run(*replay(tape), "--role", "feed", "--shard", "0/2") == 0, home.logs()
    done = len(expected())
    wait_for(lambda: home.one("SELECT count(*) FROM ohlcv_1min") == done, 60, "all bars")
    time.sleep(1)
    assert [stop(process) for process in shards] == [0, 0]
    assert bars(home) == expected()
    assert home.one("SELECT count(*) FROM ohlcv_1min WHERE is_partial") == 0
    split = home.stored()
    listener.stop()
    first_seen = list(
        dict.fromkeys(json.loads(data)["pattern"]["seq"] for data in listener.of(PATTERNS))
    )
    assert first_seen == sorted(first_seen)

    assert home.run(*replay(tape)) == 3
    assert "dealt out to 2 shards, not to 1" in home.logs()

    home.clear()
    assert home.run(*replay(tape)) == 0, home.logs()
    whole = home.stored()
    assert split.bars == whole.bars
    assert split.detections == whole.detections
