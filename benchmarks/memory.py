"""Memory of the stream with the whole market, above what importing the libraries takes.

    python -m benchmarks memory

11,000 symbols trade for twenty minutes of market time, longer than anything is remembered: open
and closed minutes, the windows and states of four timeframes, trade identities, prices, messages,
and what analysing one bar of the whole market takes for a moment. Resident set, as the system
counts it, at its highest and at the end. The reference is one Python object a bar for what is
remembered of the market, as the obvious program would keep it.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from benchmarks.figures import Figure

SYMBOLS, QUICK_SYMBOLS = 11_000, 500
MINUTES, QUICK_MINUTES = 20, 3
INTERVAL_SECS = 6.0
TICKS_AN_ENTRY = 2_000
GOAL_MB = 1_200.0
"""Arrays of known size are 850 MB: some 230 bars of four timeframes, and states to go back to."""
MEGABYTE = 1_048_576
SAMPLE_SECS = 0.05


def measure(*, quick: bool) -> list[Figure]:
    """Megabytes above those of a process that has imported everything and done nothing."""
    from benchmarks import shared

    shared.set_up_django()
    shared.clear()
    from benchmarks import market
    from benchmarks.pipeline import pipeline
    from streaming import interpreter
    from streaming.feeds.synthetic.trades import SyntheticMarket

    _import_all()
    names = market.names(QUICK_SYMBOLS if quick else SYMBOLS)
    minutes = QUICK_MINUTES if quick else MINUTES
    trades = SyntheticMarket(names, interval_secs=INTERVAL_SECS)
    before = resident_mb()
    interpreter.settle()
    parts = pipeline(shared.redis_client(), names, "memory")
    with Peak() as peak:
        for start, batch in market.minutes(trades, 0, minutes):
            _minute(parts, start, batch)
    after = resident_mb()
    return [
        Figure(
            name=f"memory, {len(names):,} symbols",
            value=peak.mb - before,
            unit="MB",
            goal=GOAL_MB,
            reference=_objects_mb(len(names), parts),
            reference_name="the remembered bars alone, one Python object each",
            detail={
                "at the end, MB": after - before,
                "importing the libraries, MB": before,
                **_parts_mb(parts),
            },
        )
    ]


def _import_all() -> None:
    """What the stream imports, compiled, before the first figure is taken."""
    from benchmarks import market, shared
    from benchmarks.pipeline import pipeline
    from streaming.feeds.synthetic.trades import SyntheticMarket

    few = market.names(3)
    parts = pipeline(shared.redis_client(), few, "imports")
    for start, batch in market.minutes(SyntheticMarket(few), 0, 2):
        _minute(parts, start, batch)
    shared.clear()


def _minute(parts: Any, start: int, batch: Any) -> None:
    from django.db import connection

    from benchmarks.market import chunks
    from streaming.aggregate import MINUTE_MS

    for piece in chunks(batch, TICKS_AN_ENTRY):
        parts.writer.ticks(piece)
        parts.worker.step(0)
    parts.prices.step()
    parts.writer.clock(start + MINUTE_MS)
    parts.worker.step(0)
    with connection.cursor() as cursor:
        parts.flow.flush(cursor)


class Peak:
    """The highest resident set while the block runs."""

    def __init__(self) -> None:
        self.mb = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_SECS):
            self.mb = max(self.mb, resident_mb())

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self.mb = max(self.mb, resident_mb())


def resident_mb() -> float:
    """This process's resident set."""
    import psutil

    return psutil.Process().memory_info().rss / MEGABYTE


def _parts_mb(parts: Any) -> dict[str, float]:
    """What the largest parts hold, by their arrays."""
    worker = parts.worker
    engines = worker.analyst._sessions.engine.engines
    memory = worker.aggregator._memory
    slots = sum(slot.state.nbytes for slot in worker.aggregator._slots.values())
    windows = {name: _window_mb(engine) for name, engine in engines.items()}
    states = sum(engine._states.nbytes for engine in engines.values())
    keys = sum(
        part.nbytes
        for held in memory._minutes.values()
        for part in vars(held).values()
        if hasattr(part, "nbytes")
    )
    return {
        "  minutes, open and closed, MB": slots / MEGABYTE,
        **{f"  the window of {name}, MB": size for name, size in windows.items()},
        "  the engines' states, MB": states / MEGABYTE,
        "  trade identities, MB": (keys + memory._bloom.nbytes) / MEGABYTE,
    }


def _window_mb(engine: Any) -> float:
    return float(sum(field.nbytes for field in engine.window.fields.values())) / MEGABYTE


def _objects_mb(symbols: int, parts: Any) -> float:
    """A dictionary a bar, for as many bars as the window and the closed minutes hold."""
    bar = dict.fromkeys(("open", "high", "low", "close", "volume", "vwap", "time"), 1.0)
    size = sys.getsizeof(bar) + 7 * sys.getsizeof(1.5)
    engines = parts.worker.analyst._sessions.engine.engines.values()
    bars = symbols * (sum(engine.window.depth for engine in engines) + 16)
    return bars * size / MEGABYTE
