"""A thread that tells: prices many times a second, health every few.

It runs beside the bars, so that no minute's work delays prices or health.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings

from patterns.registry import Registry
from streaming import publish
from streaming.background import Background
from streaming.broadcast import PriceBroadcast, now_ms
from streaming.counters import Counters
from streaming.health import HealthMonitor, UsageMeter
from streaming.health_reasons import Thresholds
from streaming.prices import PriceBoard
from streaming.publish import Publisher

PRICE_SECS = 0.05
DELAYED_LAG_MS = 900_000


def monitor_of(source: str, counters: Counters, registry: Registry) -> HealthMonitor:
    """The health monitor of a stream from `source`."""
    return HealthMonitor(
        source=source,
        counters=counters,
        thresholds=Thresholds.from_settings(),
        detectors_loaded=len(registry.detectors),
        indicators_loaded=len(registry.indicators),
        live=source != "replay",
        expected_lag_ms=DELAYED_LAG_MS if source == "massive_delayed" else 0,
    )


class Teller(Background):
    """Tells prices, and how the stream does.

    session_id: of the running session, or None. finished: whether the feed has come to its end.
    """

    def __init__(
        self,
        prices: PriceBroadcast,
        board: PriceBoard,
        publisher: Publisher,
        monitor: HealthMonitor,
        session_id: Callable[[], str | None],
        finished: Callable[[], bool],
    ) -> None:
        super().__init__("teller", PRICE_SECS)
        self._prices, self._board, self._publisher = prices, board, publisher
        self._monitor, self._usage = monitor, UsageMeter()
        self._session_id, self._finished = session_id, finished
        self._health_at = time.monotonic()

    def step(self) -> None:
        """Tell the prices that are due, and health when it is."""
        self._prices.step()
        if time.monotonic() >= self._health_at:
            self._health_at = time.monotonic() + settings.HEALTH_INTERVAL
            self.tell_health()

    def finish(self) -> None:
        """Tell the last of it."""
        self.tell_health()

    def tell_health(self) -> None:
        """Measure, and publish."""
        now = now_ms()
        health = self._monitor.observe(
            now_ms=now,
            session_id=self._session_id(),
            active_symbols=self._board.active(now - int(settings.HEALTH_INTERVAL * 1000)),
            usage=self._usage.read(),
            symbol_count=len(self._board.symbols),
            feed_finished=self._finished(),
        )
        self._publisher.announce(publish.HEALTH, "health", "streaming_health", health=health)
