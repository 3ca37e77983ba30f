"""Redis and PostgreSQL go away while ticks flow: the stream goes on, says so, and catches up."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from typing import Any

import pytest

from streaming.journal import Journal, JournalName
from streaming.ticks import SymbolTable
from tests.chaos.home import DATABASE_URLS, Home, wait_for, with_port
from tests.chaos.own_redis import OwnRedis
from tests.chaos.proxy import Proxy
from tests.streaming.reference import SlowBars, slow_bars

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(600)]

SYNTHETIC = ["--source", "synthetic", "--ignore-market-hours"]
MARKET = {
    "SYNTHETIC_TICKER_COUNT": "10",
    "SYNTHETIC_UPDATE_INTERVAL": "0.2",
    "SYNTHETIC_HISTORY_MINUTES": "3",
    "HEALTH_INTERVAL": "0.5",
}
Bars = dict[tuple[str, int], tuple[Any, ...]]


def journal_of(home: Home) -> tuple[SymbolTable, SlowBars]:
    """The journal, worked through by the slow reference."""
    client = home.redis()
    epoch = (client.hget("tickstock:journal:synthetic:epoch", "epoch") or b"").decode()
    journal, symbols = Journal(client, JournalName("synthetic", epoch)), SymbolTable()
    journal.open(symbols)
    return symbols, slow_bars(list(journal.entries("-", "+")))


def expected(home: Home) -> Bars:
    """The bars that the journal's ticks make, but those of open minutes."""
    symbols, reference = journal_of(home)
    return {
        (symbols.names[symbol], minute * 60_000): row
        for (symbol, minute), row in reference.stored().items()
    }


def stored(home: Home) -> Bars:
    """The stored bars, in the reference's shape."""
    return {(row[0], row[1]): (*row[2:7], row[8], row[10], row[9]) for row in home.stored().bars}


def assert_nothing_was_lost(home: Home) -> None:
    """Each closed minute of the journal is stored as it should be, and only open ones beside."""
    wanted, found = expected(home), stored(home)
    off = {key: (row, found.get(key)) for key, row in wanted.items() if found.get(key) != row}
    assert not off, f"{len(off)} of {len(wanted)} bars differ: {list(off.items())[:3]}"
    more = {key: row for key, row in found.items() if key not in wanted}
    assert all(row[-1] for row in more.values()), f"bars that no tick made: {list(more)[:3]}"
    # Late trades may make a few bars of the minutes just before the first whole one.
    bars = Counter(minute for _, minute in wanted)
    minutes = sorted(minute for minute, count in bars.items() if count == 10)
    assert len(minutes) == (minutes[-1] - minutes[0]) // 60_000 + 1, "a bar is missing"
    assert minutes[-1] == max(bars)


def entries_of(home: Home) -> int:
    """How many entries the journal has."""
    (stream,) = home.redis().scan_iter("tickstock:journal:synthetic:*:0")
    return int(home.redis().xlen(stream))


def wait_for_second(second: float) -> None:
    """Wait until the wall's clock is at this second of a minute."""
    time.sleep((second - time.time()) % 60)


def degraded(home: Home, reason: str) -> dict[str, Any]:
    """The health that says so, within some seconds."""

    def found() -> dict[str, Any]:
        health = home.health()
        told = " ".join(health.get("reasons", ()))
        return health if reason in told else {}

    return dict(wait_for(found, 20, f"degraded: {reason}; {home.logs()}"))


def healthy(home: Home) -> bool:
    return bool(
        wait_for(
            lambda: home.health().get("status") == "healthy",
            60,
            f"healthy: {home.health()}; {home.logs()}",
        )
    )


def end(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(20)


def test_ticks_flow_on_while_the_database_and_then_redis_are_unreachable(home: Home) -> None:
    database, memory = Proxy(home.env["DATABASE_URL"]), Proxy(home.env["REDIS_URL"])
    ways = {name: with_port(home.env[name], database.port) for name in DATABASE_URLS}
    ways["REDIS_URL"] = with_port(home.env["REDIS_URL"], memory.port)
    process = home.start(*SYNTHETIC, **MARKET, **ways)
    wait_for(lambda: len(stored(home)) >= 30, 60, "the first bars")
    healthy(home)

    wait_for_second(52)
    database.cut()
    health = degraded(home, "database unreachable")
    assert health["status"] == "degraded"
    assert health["feed_connected"]
    taken = entries_of(home)
    wait_for_second(4)
    assert entries_of(home) > taken + 20, "the feed stands still"
    assert "1 minute waiting" in degraded(home, "waiting to be stored")["reasons"][0]
    database.restore()
    healthy(home)

    wait_for_second(52)
    memory.cut()
    wait_for_second(4)
    memory.restore()
    healthy(home)
    wait_for(lambda: process.poll() is None and len(stored(home)) >= 50, 30, "all caught up")
    assert end(process) == 0, home.logs()
    assert "Redis does not take the journal" in home.logs()
    assert_nothing_was_lost(home)
    assert home.one("SELECT sum(dropped_ticks - 0) FROM streaming_sessions") == 0


def test_ticks_flow_on_while_redis_is_killed_and_started_again(
    home: Home, redis_server: OwnRedis | None
) -> None:
    if redis_server is None:
        pytest.skip("there is no Redis here that may be killed")
    process = home.start(*SYNTHETIC, **MARKET)
    wait_for(lambda: len(stored(home)) >= 30, 60, "the first bars")
    for _ in range(2):
        redis_server.kill()
        time.sleep(3)
        redis_server.start()
        healthy(home)
    wait_for_second(2)
    time.sleep(2)
    assert end(process) == 0, home.logs()
    assert_nothing_was_lost(home)


def test_a_stream_that_is_killed_and_one_that_is_stopped_lose_no_minute(home: Home) -> None:
    for ending in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        process = home.start(*SYNTHETIC, **MARKET)
        wait_for(lambda: home.health().get("ticks_per_second", 0) > 10, 60, "ticks")
        time.sleep(3)
        process.send_signal(ending)
        process.wait(20)
        home.redis().hdel("tickstock:state", "health")
    process = home.start(*SYNTHETIC, **MARKET)
    wait_for_second(2)
    time.sleep(3)
    assert end(process) == 0, home.logs()
    assert_nothing_was_lost(home)
    partial = home.rows("SELECT DISTINCT timestamp FROM ohlcv_1min WHERE is_partial")
    assert len(partial) <= 2, "a closed minute is still partial"
