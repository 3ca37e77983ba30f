"""The stream's health: figures measured between two looks at its counters, and what they mean.

`HealthMonitor` is pure: counters, time and the process's usage come in. `UsageMeter` is its shell.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psutil

from streaming.counters import Counters
from streaming.health_reasons import Look, Thresholds, reasons_of, status_of

MEGABYTE = 1_048_576


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process takes: resident memory, and CPU where 100 is one whole core."""

    memory_mb: float
    cpu_percent: float


class UsageMeter:
    """Measures its own process; CPU is that since the last reading."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._process.cpu_percent()

    def read(self) -> Usage:
        """Memory now, and CPU since the last call."""
        with self._process.oneshot():
            memory = self._process.memory_info().rss / MEGABYTE
            return Usage(round(memory, 1), round(self._process.cpu_percent(), 1))


@dataclass(frozen=True, slots=True)
class Marks:
    """Where the counters stood at one look."""

    now_ms: int
    ticks_received: int
    ticks_processed: int
    error_count: int
    dropped: Counter[str]
    rejected: Counter[str]

    @classmethod
    def of(cls, counters: Counters, now_ms: int) -> Marks:
        """Where the counters stand now."""
        return cls(
            now_ms,
            counters.ticks_received,
            counters.ticks_processed,
            counters.error_count,
            Counter(dict(counters.dropped)),
            Counter(dict(counters.rejected)),
        )


class HealthMonitor:
    """Turns successive looks at the counters into the contract's `health` object.

    live: event time follows the wall clock; where it does not (a replay), `feed_lag_ms` is how
        long the ticks that wait to be processed will take at the present pace.
    expected_lag_ms: how late the feed is by design (900,000 for a delayed one).
    """

    def __init__(
        self,
        *,
        source: str,
        counters: Counters,
        thresholds: Thresholds,
        detectors_loaded: int,
        indicators_loaded: int,
        live: bool = True,
        expected_lag_ms: int = 0,
    ) -> None:
        self._source = source
        self._counters = counters
        self._thresholds = thresholds
        self._loaded = {
            "detectors_loaded": detectors_loaded,
            "indicators_loaded": indicators_loaded,
        }
        self._live = live
        self._expected_lag_ms = expected_lag_ms
        self._last: Marks | None = None
        self._session_id: str | None = None
        self._session_since_ms = 0
        self._disconnected_since_ms = 0

    def observe(
        self,
        *,
        now_ms: int,
        session_id: str | None,
        active_symbols: int,
        usage: Usage,
        symbol_count: int = 0,
        feed_finished: bool = False,
    ) -> dict[str, Any]:
        """The `health` object at `now_ms`; rates and reasons cover the time since the last call.

        session_id: None while no session is open; a silent feed is then as it should be.
        active_symbols: distinct symbols that ticked in the window, as the stream counted them.
        feed_finished: a replay whose tape has ended; its feed is gone in order.
        """
        self._note_session(session_id, now_ms)
        look = self._look(now_ms, usage, symbol_count, session_id is not None and not feed_finished)
        reasons = reasons_of(look, self._thresholds)
        return {
            "session_id": session_id,
            "source": self._source,
            "status": status_of(look, reasons, self._thresholds),
            "reasons": reasons,
            **self._loaded,
            "active_symbols": active_symbols,
            "symbol_count": symbol_count,
            **self._figures(look),
            "timestamp": datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(),
            "data_flow": {"ticks_per_second": look.ticks_per_second},
        }

    def _note_session(self, session_id: str | None, now_ms: int) -> None:
        if session_id != self._session_id:
            self._session_id, self._session_since_ms = session_id, now_ms
        if self._counters.feed_connected:
            self._disconnected_since_ms = 0
        elif not self._disconnected_since_ms:
            self._disconnected_since_ms = now_ms

    def _look(self, now_ms: int, usage: Usage, symbol_count: int, feed_expected: bool) -> Look:
        counters = self._counters
        marks = Marks.of(counters, now_ms)
        last = self._last or marks
        self._last = marks
        secs = (now_ms - last.now_ms) / 1000
        processed = marks.ticks_processed - last.ticks_processed
        # A process that has no feed of its own sees ticks when it takes them from the journal.
        came = marks.ticks_received - last.ticks_received if marks.ticks_received else processed
        since = max(self._disconnected_since_ms, self._session_since_ms)
        return Look(
            now_ms=now_ms,
            window_secs=secs,
            feed_expected=feed_expected,
            feed_connected=counters.feed_connected,
            feed_detail=counters.feed_detail,
            disconnected_since_ms=0 if counters.feed_connected else since,
            quiet_since_ms=max(counters.last_received_ms, self._session_since_ms),
            ticks_in_window=marks.ticks_received - last.ticks_received,
            ticks_per_second=_rate(came, secs),
            feed_lag_ms=self._lag(_rate(processed, secs)),
            expected_lag_ms=self._expected_lag_ms,
            dropped=marks.dropped - last.dropped,
            rejected=marks.rejected - last.rejected,
            errors=marks.error_count - last.error_count,
            silent_symbols=counters.silent_symbols,
            symbol_count=symbol_count,
            redis_down_since_ms=counters.redis_down_since_ms,
            database_down_since_ms=counters.database_down_since_ms,
            buffered_ticks=counters.buffered_ticks,
            pending_minutes=counters.pending_minutes,
            memory_mb=usage.memory_mb,
            cpu_percent=usage.cpu_percent,
        )

    def _lag(self, per_second: float) -> int:
        counters = self._counters
        if self._live:
            seen = counters.newest_tick_ms > 0 and counters.last_received_ms > 0
            return max(0, counters.last_received_ms - counters.newest_tick_ms) if seen else 0
        waiting = counters.ticks_received - counters.ticks_processed - counters.dropped_ticks
        return round(1000 * waiting / per_second) if waiting > 0 and per_second > 0 else 0

    def _figures(self, look: Look) -> dict[str, Any]:
        counters = self._counters
        return {
            "ticks_per_second": look.ticks_per_second,
            "ticks_processed": counters.ticks_processed,
            "bars_written": counters.bars_written,
            "bars_revised": counters.bars_revised,
            "patterns_detected": counters.patterns_detected,
            "indicators_calculated": counters.indicators_calculated,
            "late_ticks": counters.late_ticks,
            "dropped_ticks": counters.dropped_ticks,
            "dropped_by_reason": dict(counters.dropped),
            "rejected_by_reason": dict(counters.rejected),
            "silent_symbols": len(counters.silent_symbols),
            "feed_lag_ms": look.feed_lag_ms,
            "feed_connected": counters.feed_connected,
            "pending_minutes": counters.pending_minutes,
            "buffered_ticks": counters.buffered_ticks,
            "memory_mb": look.memory_mb,
            "cpu_percent": look.cpu_percent,
            "error_count": counters.error_count,
        }


def _rate(count: int, secs: float) -> float:
    return round(count / secs, 1) if secs > 0 else 0.0
