"""The requests that a key may make in a minute, shared by every process that has it.

The generic cell rate algorithm (ITU-T I.371): Redis holds the moment at which the next request is
due, each request takes that moment and moves it on by one interval. So whoever asks is told how
long to wait, in the order of asking, and nobody polls. A request that is given up leaves its
moment unused.

Where Redis is away each process keeps to its share of the limit by itself.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable

import redis

from streaming.redis_client import stream_client

logger = logging.getLogger(__name__)

MINUTE_MS = 60_000
BURST_MS = 100
"""Requests of so long may come at once: none of a free key, ten of one at 100 a second."""
REDIS_AGAIN_SECS = 10.0

# KEYS[1]: when the next request is due. ARGV: interval, burst, hold, all in ms. A hold moves the
# due moment at least that far away, and takes none.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local interval, burst, hold = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now - burst)
local next_due = due + interval
if hold > 0 then next_due = math.max(due, now + hold) end
redis.call('SET', KEYS[1], string.format('%.3f', next_due), 'PX',
    math.ceil(math.max(next_due - now, 0) + burst + 1000))
return string.format('%.3f', math.max(due - now, 0))
"""


class LocalLimit:
    """The same within one process. clock: seconds, as of `time.monotonic`."""

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 60 / per_minute
        self._clock = clock
        self._due = 0.0
        self._lock = threading.Lock()

    def take(self) -> float:
        """Take the next moment; seconds until it comes."""
        with self._lock:
            now = self._clock()
            due = max(self._due, now - BURST_MS / 1000)
            self._due = due + self._interval
            return max(due - now, 0.0)

    def hold(self, secs: float) -> None:
        """No further request for so long."""
        with self._lock:
            self._due = max(self._due, self._clock() + secs)


class SharedLimit:
    """`per_minute` requests of one key over all processes that name the same Redis.

    processes: how many may be at it, each of which has its share while Redis is away.
    """

    def __init__(self, redis_url: str, api_key: str, per_minute: int, processes: int = 1) -> None:
        digest = hashlib.sha256(api_key.encode()).hexdigest()[:16]
        self._name = f"tickstock:limit:massive:{digest}"
        self._redis = stream_client(redis_url)
        self._script = self._redis.register_script(TAKE)
        self._interval_ms = MINUTE_MS / per_minute
        self._alone = LocalLimit(per_minute / processes)
        self._away_until = 0.0

    def take(self) -> float:
        """Take the next request's moment; seconds until it comes."""
        secs = self._ask(0)
        return self._alone.take() if secs is None else secs

    def hold(self, secs: float) -> None:
        """The provider said that there were too many: nobody asks for so long."""
        self._alone.hold(secs)
        self._ask(secs)

    def close(self) -> None:
        """Let go of the connections."""
        self._redis.close()

    def _ask(self, hold_secs: float) -> float | None:
        """Seconds to wait; None while Redis is away."""
        if time.monotonic() < self._away_until:
            return None
        try:
            asked = [self._interval_ms, BURST_MS, hold_secs * 1000]
            return float(self._script(keys=[self._name], args=asked)) / 1000
        except redis.RedisError as error:
            self._away_until = time.monotonic() + REDIS_AGAIN_SECS
            logger.warning(
                "the shared rate limit can not be had, each process keeps its own: %s",
                type(error).__name__,
            )
            return None
