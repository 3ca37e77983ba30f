"""A thread that tells: prices many times a second, health every few."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings

from streaming import publish
from streaming.health import HealthMonitor, UsageMeter
from streaming.health_reasons import Thresholds

if TYPE_CHECKING:
    from streaming.stream import Stream

PRICE_SECS = 0.05
DELAYED_LAG_MS = 900_000


class Teller:
    """Runs beside the bars, so that no minute's work delays prices or health."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.session: Any = None
        self._done = threading.Event()
        self._health_at = time.monotonic()
        self._monitor = HealthMonitor(
            source=stream.feed.source,
            counters=stream.counters,
            thresholds=Thresholds.from_settings(),
            detectors_loaded=len(stream.registry.detectors),
            indicators_loaded=len(stream.registry.indicators),
            live=stream.feed.source != "replay",
            expected_lag_ms=DELAYED_LAG_MS if stream.feed.source == "massive_delayed" else 0,
        )
        self._usage = UsageMeter()
        self._thread = threading.Thread(target=self._run, name="teller", daemon=True)

    def start(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def stop(self) -> None:
        """Tell what is left, and end."""
        self._done.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._done.wait(PRICE_SECS):
            self._stream.prices.step()
            if time.monotonic() >= self._health_at:
                self._health_at = time.monotonic() + settings.HEALTH_INTERVAL
                self._tell_health()
        self._tell_health()

    def _tell_health(self) -> None:
        stream = self._stream
        now = time.time_ns() // 1_000_000
        since = now - int(settings.HEALTH_INTERVAL * 1000)
        health = self._monitor.observe(
            now_ms=now,
            session_id=str(self.session.session_id) if self.session is not None else None,
            active_symbols=stream.board.active(since),
            usage=self._usage.read(),
            symbol_count=len(stream.symbols),
            feed_finished=stream.feed_finished,
        )
        stream.publisher.announce(publish.HEALTH, "health", "streaming_health", health=health)
