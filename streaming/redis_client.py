"""The stream's connection to Redis."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

ANSWER_SECS = 5.0
CONNECT_SECS = 2.0


def stream_client(url: str) -> redis.Redis:
    """A client that says at once that Redis is away.

    The library would try ten times, for some ten seconds, while the feed waits; whoever calls
    here has a buffer and tries again by itself.
    """
    return redis.Redis.from_url(
        url,
        socket_timeout=ANSWER_SECS,
        socket_connect_timeout=CONNECT_SECS,
        retry=Retry(NoBackoff(), 1),
    )
