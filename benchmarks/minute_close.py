"""Closing one minute of the whole market: bars, indicators, detections, all stored and published.

    python -m benchmarks minute_close

From the journal entry that lets a minute close to the last published event, as the live stream
does it: aggregator, COPY and commit, engine, COPY and commit, detections with their outbox, every
message, with somebody listening. One core for the process, the others for Redis and PostgreSQL. The
reference is what bars and analysis alone take in the obvious way: TA-Lib called symbol by symbol,
rows by INSERT.
"""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from benchmarks.figures import Figure
from benchmarks.rounds import seconds, spread

SYMBOLS, QUICK_SYMBOLS = 11_000, 500
ROUNDS, QUICK_ROUNDS = 7, 2
INTERVAL_SECS = 6.0
TICKS_AN_ENTRY = 2_000
GOAL_SECS = 1.0
ALL, OWN = "all", "own"


def measure(*, quick: bool) -> list[Figure]:
    """Seconds to close a minute, and what they went into."""
    from benchmarks import shared

    shared.set_up_django()
    shared.clear()
    from benchmarks import market
    from benchmarks.listener import listening
    from benchmarks.pipeline import pipeline
    from streaming.feeds.synthetic.trades import SyntheticMarket

    names = market.names(QUICK_SYMBOLS if quick else SYMBOLS)
    trades = SyntheticMarket(names, interval_secs=INTERVAL_SECS, late_share=0.0)
    past = market.history(trades)
    with shared.quiet_core(), listening():
        parts = pipeline(shared.redis_client(), names, "close")
        _store_history(parts, past)
        rounds = QUICK_ROUNDS if quick else ROUNDS
        taken = [
            _close(parts, start, batch) for start, batch in market.minutes(trades, 0, rounds + 1)
        ]
        reference = _reference(past[-64:], names, quick)
    totals = [spent[ALL] for spent in taken[1:]]
    detail = {
        f"{name}, ms": median(spent[name] for spent in taken[1:]) * 1e3
        for name in taken[0]
        if name not in (ALL, OWN)
    }
    detail["everything else, ms"] = median(map(_rest, taken[1:])) * 1e3
    detail["its own CPU time in all of them, ms"] = median(s[OWN] for s in taken[1:]) * 1e3
    detail["first minute, which loads history, ms"] = taken[0][ALL] * 1e3
    detail["detections in a minute"] = parts.counters.patterns_detected / (rounds + 1)
    return [
        Figure(
            name=f"minute close, {len(names):,} symbols",
            value=median(totals),
            unit="s",
            goal=GOAL_SECS,
            reference=reference,
            reference_name="TA-Lib symbol by symbol, rows by INSERT: analysis and bars alone",
            spread=spread(totals),
            detail=detail,
        )
    ]


def _rest(spent: dict[str, float]) -> float:
    return spent[ALL] - sum(part for name, part in spent.items() if name not in (ALL, OWN))


def _store_history(parts: Any, past: list[Any]) -> None:
    from streaming import store

    def write(connection: Any) -> None:
        for bars in past:
            store.save_minute(connection, [bars], parts.symbols, parts.worker.position)

    parts.database.run(write)


def _close(parts: Any, start: int, batch: Any) -> dict[str, float]:
    """Feed one minute in, then time the clock entry that closes it."""
    from benchmarks.market import chunks
    from benchmarks.stopwatch import stopwatch
    from streaming.aggregate import MINUTE_MS

    for piece in chunks(batch, TICKS_AN_ENTRY):
        parts.writer.ticks(piece)
        parts.worker.step(0)
    while parts.worker.step(0):
        pass
    with stopwatch(_phases(parts)) as spent:
        parts.writer.clock(start + MINUTE_MS + 300)
        used = time.process_time()
        total = seconds(lambda: parts.worker.step(0))
        used = time.process_time() - used
    return {ALL: total, OWN: used, **spent}


def _phases(parts: Any) -> dict[str, tuple[Any, str]]:
    """Where the time of a close goes. Nothing here is part of anything else here."""
    from patterns import detection_rows
    from patterns import store as pattern_store
    from streaming import store

    worker, analyst = parts.worker, parts.worker.analyst
    return {
        "ticks into bars": (worker.aggregator, "apply"),
        "bars stored": (store, "save_minute"),
        "bars published": (worker._listener, "bars_stored"),
        "indicators and detectors": (analyst._engine, "close"),
        "indicators stored": (pattern_store, "_save_indicators"),
        "detections and outbox stored": (detection_rows, "save"),
        "indicators published": (analyst._listener, "analysed"),
        "detections published": (analyst._listener, "outbox_filled"),
    }


def _reference(past: list[Any], names: list[str], quick: bool) -> float:
    """Seconds for a minute in the obvious way, scaled up from some of the symbols."""
    from django.db import connection

    share = 1 if quick else 10
    chosen = len(names) // share
    taken = seconds(lambda: _talib(past, chosen))
    taken += seconds(lambda: _insert(connection, past[-1], names, chosen))
    return taken * share


def _talib(past: list[Any], count: int) -> None:
    import numpy as np

    from benchmarks.analysis import talib_calls

    calls = talib_calls()
    sides = np.full((4, len(past), count), 100.0)
    for place, bars in enumerate(past):
        for side, name in zip(sides, ("open", "high", "low", "close"), strict=True):
            kept = bars.symbol_id < count
            side[place, bars.symbol_id[kept]] = getattr(bars, name)[kept]
    for row in range(count):
        bars = [np.ascontiguousarray(side[:, row]) for side in sides]
        for call in calls:
            call(*bars)


def _insert(connection: Any, bars: Any, names: list[str], count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE reference_bars (LIKE ohlcv_1min)")
        for row in range(min(count, len(bars))):
            cursor.execute(
                'INSERT INTO reference_bars (symbol, "timestamp", open, high, low, close, volume,'
                " vwap, trade_count, is_partial, revision, source)"
                " VALUES (%s, to_timestamp(%s), %s, %s, %s, %s, %s, %s, %s, false, 0, 'bench')",
                [
                    names[bars.symbol_id[row]],
                    bars.minute_ms / 1000,
                    *(float(getattr(bars, name)[row]) for name in ("open", "high", "low", "close")),
                    float(bars.volume[row]),
                    float(bars.vwap[row]),
                    int(bars.trade_count[row]),
                ],
            )
        cursor.execute("DROP TABLE reference_bars")
