"""Closing one minute of the whole market: bars, indicators, detections, all stored and published.

    python -m benchmarks minute_close

From the journal entry that lets a minute close to the last published event, as the live stream
does it: aggregator, COPY and commit, four engines, COPY and commit, detections with their outbox,
every message, with somebody listening. An ordinary minute closes bars of one minute alone; every
fifth those of five minutes too; the last of an hour those of all four timeframes. One core for the
process, the others for Redis and PostgreSQL. The reference is what bars and the analysis of one
timeframe alone take in the obvious way: TA-Lib called symbol by symbol, rows by INSERT.
"""

from __future__ import annotations

import time
from collections import defaultdict
from statistics import median
from typing import Any

from benchmarks.figures import Figure
from benchmarks.rounds import seconds, spread

SYMBOLS, QUICK_SYMBOLS = 11_000, 500
ROUNDS, QUICK_ROUNDS = 3, 1
INTERVAL_SECS = 6.0
TICKS_AN_ENTRY = 2_000
GOAL_SECS = 1.0
MINUTE_MS = 60_000
AFTER_THE_HOUR = 30
"""Minutes after the hour at which the made-up market starts."""
ALL, OWN = "all", "own"
DETECTIONS = "detections"
FIRST, MINUTES = 58, 7
"""Minutes after the hour from which on, and how many, are closed in a round."""
KINDS = {59: "the last minute of an hour", 64: "every fifth minute"}
ORDINARY = "an ordinary minute"

Spent = dict[str, float]


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
    taken: dict[str, list[Spent]] = defaultdict(list)
    with shared.quiet_core(), listening():
        parts = pipeline(shared.redis_client(), names, "close")
        for hour in range(QUICK_ROUNDS if quick else ROUNDS):
            first = 60 * hour + FIRST - AFTER_THE_HOUR
            _warm(parts, trades, first)
            shared.refresh_statistics()
            for minute, (start, batch) in enumerate(market.minutes(trades, first, MINUTES), FIRST):
                taken[KINDS.get(minute, ORDINARY)].append(_close(parts, start, batch))
        reference = _reference(market.history(trades, 64), names, quick)
    return [_figure(kind, spent, reference, len(names)) for kind, spent in taken.items()]


def _warm(parts: Any, trades: Any, first: int) -> None:
    """Every engine has its history before the minute `first`, and all names are known."""
    from benchmarks import market, warmed

    (past,) = market.history(trades, 1, first)
    analyst = parts.worker.analyst
    if not analyst._warmed:
        analyst._warm(past.minute_ms)
    warmed.warm(analyst._sessions.engine, past, past.minute_ms + MINUTE_MS)


def _figure(kind: str, taken: list[Spent], reference: float, symbols: int) -> Figure:
    totals = [spent[ALL] for spent in taken]
    detail = {
        f"{name}, ms": median(spent[name] for spent in taken) * 1e3
        for name in taken[0]
        if name not in (ALL, OWN, DETECTIONS)
    }
    detail["everything else, ms"] = median(map(_rest, taken)) * 1e3
    detail["its own CPU time in all of them, ms"] = median(s[OWN] for s in taken) * 1e3
    detail[DETECTIONS] = median(spent[DETECTIONS] for spent in taken)
    return Figure(
        name=f"minute close, {symbols:,} symbols, {kind}",
        value=median(totals),
        unit="s",
        goal=GOAL_SECS,
        reference=reference,
        reference_name="TA-Lib symbol by symbol, rows by INSERT: one timeframe and bars alone",
        spread=spread(totals),
        detail=detail,
    )


def _rest(spent: dict[str, float]) -> float:
    parts = (part for name, part in spent.items() if name not in (ALL, OWN, DETECTIONS))
    return spent[ALL] - sum(parts)


def _close(parts: Any, start: int, batch: Any) -> dict[str, float]:
    """Feed one minute in, then time the clock entry that closes it."""
    from benchmarks.market import chunks
    from benchmarks.stopwatch import stopwatch

    for piece in chunks(batch, TICKS_AN_ENTRY):
        parts.writer.ticks(piece)
        parts.worker.step(0)
    while parts.worker.step(0):
        pass
    known = parts.counters.patterns_detected
    with stopwatch(_phases(parts)) as spent:
        parts.writer.clock(start + MINUTE_MS + 300)
        used = time.process_time()
        total = seconds(lambda: parts.worker.step(0))
        used = time.process_time() - used
    found = parts.counters.patterns_detected - known
    return {ALL: total, OWN: used, **spent, DETECTIONS: found}


def _phases(parts: Any) -> dict[str, tuple[Any, str]]:
    """Where the time of a close goes. Nothing here is part of anything else here."""
    from patterns import (
        combo_rows,
        detection_rows,
        engine,
        life_rows,
        open_detections,
        rolled_rows,
        timeframes,
    )
    from patterns import store as pattern_store
    from streaming import store

    worker, analyst = parts.worker, parts.worker.analyst
    return {
        "ticks into bars": (worker.aggregator, "apply"),
        "bars stored": (store, "save_minute"),
        "bars published": (worker._listener, "bars_stored"),
        "longer bars": (timeframes, "roll"),
        "indicators": (engine, "advance"),
        "detectors": (engine.LiveEngine, "_find"),
        "lives": (open_detections.OpenDetections, "advance"),
        "indicators stored": (pattern_store, "_save_indicators"),
        "detections and outbox stored": (detection_rows, "save"),
        "lives and outbox stored": (life_rows, "save"),
        "combos": (combo_rows, "save"),
        "indicators published": (analyst._listener, "analysed"),
        "detections published": (analyst._listener, "outbox_filled"),
        "longer bars stored": (rolled_rows, "save"),
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

    from benchmarks import talib_calls

    names = ("open", "high", "low", "close", "volume")
    sides = np.full((len(names), len(past), count), 100.0)
    for place, bars in enumerate(past):
        for side, name in zip(sides, names, strict=True):
            kept = bars.symbol_id < count
            side[place, bars.symbol_id[kept]] = getattr(bars, name)[kept]
    talib_calls.cpu_seconds(
        [np.ascontiguousarray(side[:, row]) for side in sides] for row in range(count)
    )


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
