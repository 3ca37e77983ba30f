"""From a trade to a browser's socket at 10,000 ticks a second, and what that takes of the machine.

    python -m benchmarks browser_latency

The processes are those of `start_all_services`: the stream with the synthetic market (100 symbols,
a trade each 0.01 s), the web behind daphne. A signed-in WebSocket client, in this process, compares
the time of each price with the clock when it arrives. The reference is a message's way from Redis
to a bare subscriber, without the web.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

import psutil

from benchmarks.figures import Figure
from benchmarks.rounds import percentile

SYMBOLS = 100
INTERVAL_SECS = "0.01"
WARM_SECS, SECS = 8.0, 66.0
QUICK_WARM_SECS, QUICK_SECS = 3.0, 5.0
GOAL_MS, HEALTH_GOAL_MS = 100.0, 500.0
CPU_GOAL, MEMORY_GOAL_MB = 50.0, 100.0
GRACE_MS, MINUTE_MS = 250, 60_000
MEGABYTE = 1_048_576
IMPORTS = """
import os
os.environ["TICKSTOCK_PROCESS"] = "stream"
os.environ["DJANGO_SETTINGS_MODULE"] = "tickstock_site.settings"
import django; django.setup()
import exchange_calendars, numba, numpy, pandas, psutil, psycopg, redis, websockets
import psycopg_pool, django_celery_beat.models
numba.njit(lambda x: x + 1)(1)
print(psutil.Process().memory_info().rss)
"""


@dataclass(slots=True)
class Heard:
    """What the client noted: delays in ms by kind."""

    prices: list[float] = field(default_factory=list)
    bars: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    from_redis: list[float] = field(default_factory=list)
    health_from_redis: list[float] = field(default_factory=list)
    ticks_a_second: list[float] = field(default_factory=list)

    def clear(self) -> None:
        """Forget what came while everything warmed up."""
        for name in self.__slots__:
            getattr(self, name).clear()


def measure(*, quick: bool) -> list[Figure]:
    """Tick → browser, health → page, and the stream's CPU and memory meanwhile."""
    from benchmarks import shared

    shared.set_up_django("web")
    shared.clear()
    from benchmarks import processes

    imports_mb = _imports_mb()
    headers = processes.make_user()
    warm, secs = (QUICK_WARM_SECS, QUICK_SECS) if quick else (WARM_SECS, SECS)
    settings = {
        "SYNTHETIC_TICKER_COUNT": str(SYMBOLS),
        "SYNTHETIC_UPDATE_INTERVAL": INTERVAL_SECS,
        "SYNTHETIC_HISTORY_MINUTES": "0",
        "STREAMING_UNIVERSE": "market_leaders:top_100",
        "HEALTH_INTERVAL": "1",
    }
    arguments = ("manage.py", "stream_ticks", "--source", "synthetic", "--ignore-market-hours")
    with (
        processes.process("stream", *arguments, **settings) as stream,
        processes.web() as (_, url),
    ):
        heard, done = Heard(), threading.Event()
        listeners = [
            threading.Thread(target=_listen, args=(url, headers, heard, done)),
            threading.Thread(target=_listen_to_redis, args=(heard, done)),
        ]
        for listener in listeners:
            listener.start()
        _await_prices(heard)
        time.sleep(warm)
        heard.clear()
        usage = _usage(stream.pid, secs)
        done.set()
        for listener in listeners:
            listener.join(10)
    return _figures(heard, usage, imports_mb)


def _imports_mb() -> float:
    """Resident memory of a process that has imported what the stream imports, and does nothing."""
    import subprocess
    import sys

    from benchmarks.stage import PROJECT

    done = subprocess.run(
        [sys.executable, "-c", IMPORTS], cwd=PROJECT, capture_output=True, check=True
    )
    return int(done.stdout) / MEGABYTE


def _await_prices(heard: Heard, patience_secs: float = 60.0) -> None:
    until = time.monotonic() + patience_secs
    while not heard.prices:
        if time.monotonic() > until:
            raise SystemExit("no price has reached the socket")
        time.sleep(0.05)


def _usage(pid: int, secs: float) -> tuple[float, float]:
    """CPU (100 is one core) and resident MB of a process over so many seconds."""
    process = psutil.Process(pid)
    begun, used = time.monotonic(), sum(process.cpu_times()[:2])
    time.sleep(secs)
    cpu = (sum(process.cpu_times()[:2]) - used) / (time.monotonic() - begun) * 100
    return cpu, process.memory_info().rss / MEGABYTE


def _listen(url: str, headers: Mapping[str, str], heard: Heard, done: threading.Event) -> None:
    from websockets.sync.client import connect

    address = url.replace("http", "ws") + "/ws/streaming/"
    with connect(
        address, additional_headers=headers, origin=url, max_size=None, open_timeout=30
    ) as socket:
        symbols = None
        while not done.is_set():
            try:
                text = socket.recv(timeout=0.5)
            except TimeoutError:
                continue
            now_ms = time.time() * 1000
            message = json.loads(text)
            if symbols is None and message["type"] == "prices":
                symbols = sorted(message["prices"])
                socket.send(json.dumps({"action": "subscribe", "symbols": symbols}))
            _note(message, now_ms, heard)


def _note(message: dict[str, Any], now_ms: float, heard: Heard) -> None:
    kind = message["type"]
    if kind == "prices":
        heard.prices += [now_ms - quote[3] for quote in message["prices"].values()]
    elif kind == "bar":
        heard.bars.append(now_ms - message["minute_ms"] - MINUTE_MS - GRACE_MS)
    elif kind == "streaming_health":
        heard.health.append(now_ms - _ms(message["health"]["timestamp"]))
        heard.ticks_a_second.append(message["health"]["ticks_per_second"])


def _listen_to_redis(heard: Heard, done: threading.Event) -> None:
    from benchmarks import shared

    with shared.redis_client().pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe("tickstock:streaming:prices", "tickstock:streaming:health")
        while not done.is_set():
            message = channel.get_message(timeout=0.5)
            if message is not None:
                _note_from_redis(json.loads(message["data"]), time.time() * 1000, heard)


def _note_from_redis(message: dict[str, Any], now_ms: float, heard: Heard) -> None:
    if message["type"] == "prices":
        heard.from_redis.append(now_ms - message["sent_ms"])
    else:
        heard.health_from_redis.append(now_ms - _ms(message["health"]["timestamp"]))


def _ms(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp() * 1000


def _loop_cpu() -> float:
    """Per cent of a core that the obvious program takes for as many ticks."""
    from benchmarks import market
    from benchmarks.frames import frames
    from benchmarks.ingest import python_loop_rate

    return 10_000 / python_loop_rate(frames(market.names(SYMBOLS), 20_000, 1)) * 100


def _figures(heard: Heard, usage: tuple[float, float], imports_mb: float) -> list[Figure]:
    cpu, memory_mb = usage
    detail = {
        "p50, ms": percentile(heard.prices, 0.5),
        "p90, ms": percentile(heard.prices, 0.9),
        "prices received": len(heard.prices),
    }
    if heard.bars:
        detail["bar due → browser, p50, ms"] = percentile(heard.bars, 0.5)
        detail["bar due → browser, p99, ms"] = percentile(heard.bars, 0.99)
    return [
        Figure(
            name="tick → browser, p99",
            value=percentile(heard.prices, 0.99),
            unit="ms",
            goal=GOAL_MS,
            reference=percentile(heard.from_redis, 0.99),
            reference_name="Redis to a bare subscriber, p99",
            detail=detail,
        ),
        Figure(
            name="health update → page, p99",
            value=percentile(heard.health, 0.99),
            unit="ms",
            goal=HEALTH_GOAL_MS,
            reference=percentile(heard.health_from_redis, 0.99),
            reference_name="Redis to a bare subscriber, p99",
            detail={"p50, ms": median(heard.health), "updates": len(heard.health)},
        ),
        Figure(
            name="stream at 10,000 ticks/s: CPU",
            value=cpu,
            unit="% of a core",
            goal=CPU_GOAL,
            reference=_loop_cpu(),
            reference_name="json, and a dictionary a bar, without database or journal",
            detail={"ticks/s, as its health tells": median(heard.ticks_a_second)},
        ),
        Figure(
            name="stream at 10,000 ticks/s: memory above imports",
            value=memory_mb - imports_mb,
            unit="MB",
            goal=MEMORY_GOAL_MB,
            reference=imports_mb,
            reference_name="what importing the libraries takes",
        ),
    ]
