"""A home for streams that are to be killed: a database and a Redis of their own.

Nothing else on the machine is disturbed: the database is made and dropped by the owner's role, and
Redis is used in one of its numbered databases.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

PROJECT = Path(__file__).resolve().parents[2]
RUN_STREAM = PROJECT / "tests" / "chaos" / "run_stream.py"
DATABASE_URLS = (
    "DATABASE_URL",
    "DATABASE_READWRITE_URL",
    "DATABASE_READONLY_URL",
    "DATABASE_WEB_URL",
)
CLEARED = (
    "ohlcv_1min",
    "ohlcv_daily",
    "ohlcv_rolled",
    "intraday_indicator_values",
    "intraday_patterns",
    "combo_patterns",
    "event_outbox",
    "feed_gaps",
    "stream_positions",
    "streaming_sessions",
    "integration_events",
)
BARS = """
SELECT symbol, (extract(epoch FROM "timestamp") * 1000)::int8, open, high, low, close, volume,
    vwap, trade_count, is_partial, revision, source
FROM ohlcv_1min ORDER BY 2, 1
"""
ROLLED = """
SELECT symbol, (extract(epoch FROM "timestamp") * 1000)::int8, timeframe, open, high, low, close,
    volume, vwap, is_partial
FROM ohlcv_rolled ORDER BY 2, 1, 3
"""
# Not a symbol's rank among the others: a late trade ranks its own symbol anew, a start all of them.
INDICATORS = """
SELECT symbol, (extract(epoch FROM "timestamp") * 1000)::int8, indicator_name, timeframe, value
FROM intraday_indicators WHERE indicator_name <> 'RELATIVE_STRENGTH' ORDER BY 2, 1, 3, 4
"""
DETECTIONS = """
SELECT symbol, (extract(epoch FROM "timestamp") * 1000)::int8, detection_key, detection_id::text,
    pattern_type, timeframe, tier, direction, confidence, price, state, pattern_data, life,
    flow_id::text
FROM detections ORDER BY 2, 1, 3
"""
LAST_EVENTS = "SELECT detection_id::text, max(seq) FROM detections GROUP BY 1"

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Stored:
    """What a stream left in the database, in an order that two runs share."""

    bars: list[Row]
    indicators: dict[Row, float]
    detections: list[Row]
    rolled: list[Row]

    def bar(self, symbol: str, minute_ms: int) -> Row | None:
        """One bar's values from the open on, or None."""
        found = [row[2:] for row in self.bars if row[:2] == (symbol, minute_ms)]
        return found[0] if found else None


def assert_same(one: Stored, other: Stored) -> None:
    """Every bar and detection equal in every column, every indicator to 1e-9."""
    pairs = (
        (one.bars, other.bars),
        (one.rolled, other.rolled),
        (one.detections, other.detections),
    )
    for left, right in pairs:
        difference = first_difference(left, right)
        assert difference is None, difference
    alone = sorted(one.indicators.keys() ^ other.indicators.keys())
    assert not alone, f"{len(alone)} indicators are in one run alone, such as {alone[:3]}"
    off = {
        key: (value, other.indicators[key])
        for key, value in one.indicators.items()
        if abs(value - other.indicators[key]) > 1e-9 * max(1.0, abs(value))
    }
    assert not off, f"{len(off)} indicators differ, such as {next(iter(off.items()))}"


def first_difference(one: list[Row], other: list[Row]) -> str | None:
    """Which rows are in one list alone, told shortly; None where there are none."""
    left, right = {repr(row) for row in one}, {repr(row) for row in other}
    if left == right and len(one) == len(other):
        return None
    missing, added = sorted(left - right), sorted(right - left)
    return f"{len(one)} and {len(other)} rows; only left: {missing[:3]}; only right: {added[:3]}"


def with_path(url: str, path: str) -> str:
    """The URL with another path, which names the database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))


def with_port(url: str, port: int) -> str:
    """The URL with another port of this machine."""
    parts = urlsplit(url)
    signed_in = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{signed_in}@127.0.0.1:{port}"))


@dataclass
class Home:
    """The environment of the streams of one test, and what they leave behind."""

    env: dict[str, str]
    folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    # --- making ----------------------------------------------------------------------------------

    @classmethod
    def make(cls, name: str, folder: Path, source: dict[str, str]) -> Home:
        """A fresh database `name` beside the one that `source` names, migrated."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("TICKSTOCK_TEST")}
        env = {**kept, **source, "TICKSTOCK_STREAM_TESTS": "1"}
        owner = source["DATABASE_URL"]
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")
        env |= {key: with_path(source[key], name) for key in DATABASE_URLS}
        home = cls(env, folder)
        for command in ("migrate", "load_universes"):
            process = "owner" if command == "migrate" else "stream"
            home.manage(command, TICKSTOCK_PROCESS=process)
        return home

    def drop(self) -> None:
        """End what still runs, and drop the database."""
        self.kill_all()
        self.redis().flushdb()
        name = urlsplit(self.env["DATABASE_URL"]).path.lstrip("/")
        server = with_path(self.env["DATABASE_URL"], "postgres")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def clear(self) -> None:
        """As after `make`."""
        self.kill_all()
        self.redis().flushdb()
        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(f"TRUNCATE {', '.join(CLEARED)}")
            connection.execute("ALTER SEQUENCE intraday_pattern_seq RESTART")

    def manage(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end; it must succeed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=PROJECT,
            env=self.env | env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    # --- streams ---------------------------------------------------------------------------------

    def start(
        self, *arguments: str, kill: tuple[str, int] = ("nowhere", 1), **env: str
    ) -> subprocess.Popen[str]:
        """A stream with `arguments`, that kills itself at a point; its log is in `folder`."""
        log = self.folder / f"stream-{len(self.started)}.log"
        command = [sys.executable, str(RUN_STREAM), kill[0], str(kill[1]), "stream_ticks"]
        with log.open("w") as file:
            process = subprocess.Popen(
                [*command, *arguments],
                cwd=PROJECT,
                env=self.env | env,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self.started.append(process)
        return process

    def run(
        self, *arguments: str, kill: tuple[str, int] = ("nowhere", 1), secs: float = 180, **env: str
    ) -> int:
        """As `start`, to its end; its exit code, negative where a signal ended it."""
        return self.start(*arguments, kill=kill, **env).wait(secs)

    def log(self, process: subprocess.Popen[str]) -> str:
        """What a stream has said."""
        place = self.started.index(process)
        return (self.folder / f"stream-{place}.log").read_text()

    def logs(self) -> str:
        """The end of the last stream's log, for a failed assertion."""
        return self.log(self.started[-1])[-3000:] if self.started else ""

    def kill_all(self) -> None:
        """Kill every stream of this home that still runs."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait(10)

    # --- what they left --------------------------------------------------------------------------

    def redis(self) -> redis.Redis:
        """A client of the home's Redis."""
        return redis.Redis.from_url(self.env["REDIS_URL"])

    def rows(self, query: str, *parameters: Any) -> list[Row]:
        """What a query answers, as the owner."""
        with psycopg.connect(self.env["DATABASE_URL"]) as connection:
            return connection.execute(query, parameters or None).fetchall()

    def one(self, query: str, *parameters: Any) -> Any:
        """The first value that a query answers."""
        return self.rows(query, *parameters)[0][0]

    def stored(self) -> Stored:
        """Everything that must not depend on how often a stream was killed."""
        indicators = {row[:4]: row[4] for row in self.rows(INDICATORS)}
        return Stored(self.rows(BARS), indicators, self.rows(DETECTIONS), self.rows(ROLLED))

    def health(self) -> dict[str, Any]:
        """The last published health, or nothing."""
        import json

        found = self.redis().hget("tickstock:state", "health")
        return json.loads(found)["health"] if found else {}


class Listener:
    """Collects every message of the home's Redis, from its making to `stop`."""

    def __init__(self, url: str, pattern: str = "tickstock:*") -> None:
        self.messages: list[tuple[str, bytes]] = []
        self._pubsub = redis.Redis.from_url(url).pubsub(ignore_subscribe_messages=True)
        self._pubsub.psubscribe(pattern)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._done.is_set():
            try:
                message = self._pubsub.get_message(timeout=0.2)
            except redis.ConnectionError:  # killed by the test; it comes back
                time.sleep(0.2)
                continue
            if message is not None:
                self.messages.append((message["channel"].decode(), message["data"]))

    def of(self, channel: str) -> list[bytes]:
        """What came on one channel."""
        return [data for name, data in self.messages if name == channel]

    def stop(self) -> None:
        """Take what is still on its way, and end."""
        time.sleep(0.5)
        self._done.set()
        self._thread.join(5)
        self._pubsub.close()


def wait_for(true: Callable[[], Any], secs: float, what: str) -> Any:
    """Wait until `true()` is; fails with `what` after `secs`."""
    until = time.monotonic() + secs
    while time.monotonic() < until:
        if found := true():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {secs:.0f} s: {what}")


def killed(codes: Iterable[int]) -> int:
    """How many of these exit codes are those of a kill -9."""
    return sum(code == -9 for code in codes)
