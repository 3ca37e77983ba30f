"""What a stream counts: one object, written by the feed and the bars, read by health."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Totals since the process started. Plain adds by one writer each; readers may lag a moment.

    dropped: ticks that were not counted in any bar, by reason (`duplicate`, `too_late`,
        `out_of_session`, `no_room` …). rejected: frames or messages set aside, by reason.
    """

    ticks_received: int = 0
    ticks_processed: int = 0
    bars_written: int = 0
    bars_revised: int = 0
    patterns_detected: int = 0
    indicators_calculated: int = 0
    late_ticks: int = 0
    error_count: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    newest_tick_ms: int = 0
    last_received_ms: int = 0
    feed_connected: bool = False
    feed_detail: str = ""
    silent_symbols: tuple[str, ...] = ()
    redis_down_since_ms: int = 0
    database_down_since_ms: int = 0
    buffered_ticks: int = 0
    pending_minutes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def dropped_ticks(self) -> int:
        """Ticks that reached no bar, whatever the reason."""
        return sum(self.dropped.values())
