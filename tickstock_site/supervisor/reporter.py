"""Tells the outside, over Redis, how the processes are, without ever holding the supervisor up."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

import redis

from streaming.publish import ERRORS, STATE, encode, event
from tickstock_site.supervisor.vitals import ProcessState, VitalsMeter, lag_of, queue_lengths

MONITORING = "tickstock:monitoring"
ERRORS_BOUND = 1_000
TIMEOUT_SECS = 2.0
ERRORS_EVERY_SECS = 0.2

log = logging.getLogger(__name__)


class Reporter:
    """A thread that publishes `system_health` at an interval, and errors as they come.

    While Redis is away the last thousand errors wait for it; the log has them all.
    """

    def __init__(
        self, redis_url: str, states: Callable[[], list[ProcessState]], every_secs: float = 10.0
    ) -> None:
        self._client = redis.Redis.from_url(
            redis_url, socket_timeout=TIMEOUT_SECS, socket_connect_timeout=TIMEOUT_SECS
        )
        self._states, self._every_secs = states, every_secs
        self._errors: deque[bytes] = deque(maxlen=ERRORS_BOUND)
        self._meter = VitalsMeter()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def error(self, process: str, text: str, count: int) -> None:
        """Publish an `error` event soon."""
        self._errors.append(
            encode(event("error", process=process, where="supervisor", message=text, count=count))
        )

    def close(self) -> None:
        """Publish what waits, and end."""
        self._stop.set()
        self._thread.join(2 * TIMEOUT_SECS)
        self._client.close()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.wait(ERRORS_EVERY_SECS):
            self._try(self._publish_errors)
            if time.monotonic() >= due:
                due = time.monotonic() + self._every_secs
                self._try(self._publish_vitals)
        self._try(self._publish_errors)

    def _try(self, publish: Callable[[], None]) -> None:
        try:
            publish()
        except redis.RedisError as error:
            log.debug("not reported: %s", type(error).__name__)

    def _publish_errors(self) -> None:
        while self._errors:
            self._client.publish(ERRORS, self._errors[0])
            self._errors.popleft()

    def _publish_vitals(self) -> None:
        processes = self._meter.measure(self._states())
        health = self._client.hget(STATE, "health")
        queues, lag = queue_lengths(self._client), lag_of(health)
        report = event("system_health", processes=processes, queues=queues, lag=lag)
        self._client.publish(MONITORING, encode(report))
