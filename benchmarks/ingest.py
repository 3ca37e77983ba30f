"""Ingest: wire bytes to bars in the database, through the journal.

    python -m benchmarks ingest

Frames of 100 trades, as Massive sends them, are in memory; measured is everything from there to
the commit of the last bar: decoding, the journal in Redis, prices for the dashboard, duplicates,
bars, COPY. Threads are those of the stream, all on one core; Redis and PostgreSQL have the others.
What comes after a stored bar is `minute_close`. The references are decoding the same frames with
msgspec and doing nothing with them, and the obvious program: `json`, and a dictionary a bar.
"""

from __future__ import annotations

import json
import threading
import time
from itertools import count
from statistics import median
from typing import Any

from benchmarks.figures import Figure
from benchmarks.rounds import seconds, spread

UNIVERSES = (500, 11_000)
TRADES, QUICK_TRADES = 3_000_000, 60_000
MINUTES = 2
ROUNDS, QUICK_ROUNDS = 4, 1
PRICE_SECS = 0.05
GOAL = 1_000_000.0
REFERENCE_FRAMES = 2_000
_epochs = count()


def measure(*, quick: bool) -> list[Figure]:
    """Ticks a second, for a small universe and for the whole market."""
    from benchmarks import shared

    shared.set_up_django()
    return [_universe(size, quick) for size in UNIVERSES]


def _universe(size: int, quick: bool) -> Figure:
    from benchmarks import market, shared
    from benchmarks.frames import frames

    names = market.names(size)
    wire = frames(names, QUICK_TRADES if quick else TRADES, MINUTES)
    shared.clear()
    _ingest(wire[:200], names)  # compiles, where no process has yet
    with shared.quiet_core():
        rates, own_rates = [], []
        for _ in range(QUICK_ROUNDS if quick else ROUNDS):
            shared.clear()
            rate, own_rate = _ingest(wire, names)
            rates.append(rate)
            own_rates.append(own_rate)
        sample = wire[:REFERENCE_FRAMES]
        typed, loop = _msgspec_rate(sample), python_loop_rate(sample)
    rate = median(rates)
    return Figure(
        name=f"ingest, {size:,} symbols",
        value=rate,
        unit="ticks/s",
        goal=GOAL,
        higher_is_better=True,
        reference=typed,
        reference_name="decoding alone, msgspec with types",
        spread=spread(rates),
        detail={
            "by its own CPU time, whatever else ran, ticks/s": median(own_rates),
            "per-tick loop (json, a dictionary a bar), ticks/s": loop,
            "ratio to the per-tick loop": rate / loop,
            "bytes a tick on the wire": sum(map(len, wire)) / (100 * len(wire)),
        },
    )


def _ingest(wire: list[bytes], names: list[str]) -> tuple[float, float]:
    """Ticks a second from the first frame to the last commit: by the clock, and by CPU time."""
    from benchmarks import shared
    from benchmarks.pipeline import pipeline

    parts = pipeline(shared.redis_client(), names, f"ingest{next(_epochs)}", analysed=False)
    done = threading.Event()
    feed = threading.Thread(target=_feed, args=(wire, parts, done))
    prices = threading.Thread(target=_tell_prices, args=(parts, done))
    used = time.process_time()
    taken = seconds(lambda: _run(parts, [feed, prices], done))
    used = time.process_time() - used
    ticks = parts.counters.ticks_processed
    return ticks / taken, ticks / used


def _run(parts: Any, threads: list[threading.Thread], done: threading.Event) -> None:
    for thread in threads:
        thread.start()
    while not (done.is_set() and not parts.worker.step(0)):
        parts.worker.step(0.1)
    for thread in threads:
        thread.join()


def _feed(wire: list[bytes], parts: Any, done: threading.Event) -> None:
    """As the Massive client does where frames wait: by the batch, decoded, journalled."""
    from benchmarks.market import START_MS
    from streaming.aggregate import MINUTE_MS
    from streaming.feeds.massive.decoder import FrameDecoder
    from streaming.feeds.massive.tuning import MassiveTuning

    tuning = MassiveTuning()
    size = min(tuning.batch_frames, tuning.batch_bytes // max(map(len, wire)))
    decoder = FrameDecoder(parts.symbols, frozenset(parts.symbols.names))
    for at in range(0, len(wire), size):
        now_ms = time.time_ns() // 1_000_000
        decoded = decoder.decode(wire[at : at + size], 0, now_ms)
        parts.writer.ticks(decoded.batch, b"", received_ms=now_ms)
    parts.writer.clock(START_MS + MINUTES * MINUTE_MS + 300)
    done.set()


def _tell_prices(parts: Any, done: threading.Event) -> None:
    while not done.wait(PRICE_SECS):
        parts.prices.step()


def _msgspec_rate(wire: list[bytes]) -> float:
    import msgspec

    class Trade(msgspec.Struct):
        sym: str
        p: float
        s: float
        t: int
        x: int = 0
        i: str = ""
        q: int = 0
        c: list[int] = []

    decoder = msgspec.json.Decoder(list[Trade])

    def decode() -> None:
        for frame in wire:
            decoder.decode(frame)

    return 100 * len(wire) / seconds(decode)


def python_loop_rate(wire: list[bytes]) -> float:
    """Ticks a second of the obvious program."""
    return 100 * len(wire) / seconds(lambda: _python_loop(wire))


def _python_loop(wire: list[bytes]) -> dict[tuple[Any, int], list[float]]:
    bars: dict[tuple[Any, int], list[float]] = {}
    for frame in wire:
        for trade in json.loads(frame):
            add_up(bars, trade)
    return bars


def add_up(bars: dict[tuple[Any, int], list[float]], trade: dict[str, Any]) -> None:
    """One trade into its bar, the obvious way."""
    key, price = (trade["sym"], trade["t"] // 60_000), trade["p"]
    bar = bars.get(key)
    if bar is None:
        bars[key] = [price, price, price, price, trade["s"]]
        return
    bar[1] = max(bar[1], price)
    bar[2] = min(bar[2], price)
    bar[3] = price
    bar[4] += trade["s"]
