"""Two targets of the old program: 10,000 ticks aggregated, and a session started.

    python -m benchmarks old_targets

Its others are part of what measures the same thing: `bar_latency`, `browser_latency`, `dashboard`.
"""

from __future__ import annotations

import json
import threading
import time
from statistics import median
from typing import Any

from benchmarks.figures import Figure
from benchmarks.rounds import seconds, spread

TICKS, TICKS_AN_ENTRY = 10_000, 100
SYMBOLS = 100
ROUNDS, QUICK_ROUNDS = 9, 2
AGGREGATION_GOAL_MS, START_GOAL_MS = 100.0, 500.0


def measure(*, quick: bool) -> list[Figure]:
    """Milliseconds of each."""
    from benchmarks import shared

    shared.set_up_django()
    shared.clear()
    rounds = QUICK_ROUNDS if quick else ROUNDS
    return [_aggregation(rounds), _session_start(rounds)]


def _aggregation(rounds: int) -> Figure:
    """Into bars, in entries of 100 ticks as they trickle in."""
    from benchmarks import market
    from streaming.aggregate import Aggregator
    from streaming.feeds.synthetic.trades import SyntheticMarket
    from streaming.journal import Entry, Kind

    made = SyntheticMarket(market.names(SYMBOLS), interval_secs=SYMBOLS * 60.0 / TICKS)
    batch = market.first(made, TICKS)
    entries = [
        Entry(f"{number}-0", Kind.TICKS, 0, piece)
        for number, piece in enumerate(market.chunks(batch, TICKS_AN_ENTRY), 1)
    ]

    def aggregate() -> None:
        aggregator = Aggregator()
        for entry in entries:
            aggregator.apply(entry)

    aggregate()
    taken = [seconds(aggregate) * 1e3 for _ in range(rounds)]
    rows = [
        dict(zip(("sym", "t", "p", "s"), row, strict=True))
        for row in zip(
            batch.symbol_id.tolist(),
            batch.time_ms.tolist(),
            batch.price.tolist(),
            batch.size.tolist(),
            strict=True,
        )
    ]
    loop = median(seconds(lambda: _loop(rows)) * 1e3 for _ in range(rounds))
    return Figure(
        name="10,000 ticks aggregated, 100 at a time",
        value=median(taken),
        unit="ms",
        goal=AGGREGATION_GOAL_MS,
        reference=loop,
        reference_name="a loop over dictionaries, without duplicates, sessions or late trades",
        spread=spread(taken),
    )


def _loop(rows: list[dict[str, Any]]) -> None:
    from benchmarks.ingest import add_up

    bars: dict[tuple[Any, int], list[float]] = {}
    for row in rows:
        add_up(bars, row)


def _session_start(rounds: int) -> Figure:
    """From `Stream.run` to the event that tells of the session."""
    taken = [_start_once() for _ in range(rounds)]
    return Figure(
        name="session start",
        value=median(taken),
        unit="ms",
        goal=START_GOAL_MS,
        reference=_row_ms(),
        reference_name="one session row written",
        spread=spread(taken),
    )


class BriefFeed:
    """A feed that connects, and ends as soon as it is told to."""

    name = source = "bench"

    def run(self, sink: Any, resume: bytes, stop: threading.Event) -> None:
        """Wait to be stopped."""
        sink.connected(True, "here")
        stop.wait(10)


def _start_once() -> float:
    from benchmarks import market, shared
    from market.calendar import calendar
    from patterns.registry import standard
    from streaming.publish import SESSION_STARTED
    from streaming.stream import Stream
    from streaming.stream_options import StreamOptions

    options = StreamOptions("bench", market.names(SYMBOLS), ignore_market_hours=True, once=True)
    stream = Stream(BriefFeed(), options, calendar("24/7"), standard(), shared.redis_client())
    heard: list[float] = []
    with shared.redis_client().pubsub() as channel:
        channel.subscribe(SESSION_STARTED)
        channel.get_message(timeout=5)

        def listen() -> None:
            while not heard:
                message = channel.get_message(timeout=5)
                if message is not None:
                    assert json.loads(message["data"])["session"]["status"] == "running"
                    heard.append(time.perf_counter())
            stream.request_stop()

        listener = threading.Thread(target=listen)
        listener.start()
        begun = time.perf_counter()
        stream.run()
        listener.join()
    return (heard[0] - begun) * 1e3


def _row_ms() -> float:
    from datetime import UTC, datetime

    from streaming import sessions

    def write() -> None:
        sessions.open_session(
            universe="bench", source="bench", symbol_count=1, now=datetime.now(UTC)
        )

    return median(seconds(write) * 1e3 for _ in range(5))
