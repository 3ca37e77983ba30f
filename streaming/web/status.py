"""The stream's last state, for views: from the hub's memory, or from Redis without one."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from streaming import hub
from streaming.web.broadcast import Broadcast

NOT_LISTENING: dict[str, Any] = {"connected": False, "clients": 0}


@lru_cache(maxsize=4)
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2)


def stream_state() -> tuple[Broadcast, dict[str, Any]]:
    """What is known of the stream, and the subscriber's figures.

    Before the first socket opens the hub may not listen yet; then Redis is asked. Without Redis
    nothing is known, which is a state of its own and no error.
    """
    listening = hub.listening_hub()
    if listening is not None:
        return listening.broadcast, listening.stats()
    broadcast = Broadcast()
    try:
        state: Any = _redis(settings.REDIS_URL).hgetall(hub.STATE_KEY)
        decoded = {name.decode(): msgspec.json.decode(text) for name, text in state.items()}
    except (RedisError, OSError, msgspec.DecodeError):
        return broadcast, NOT_LISTENING
    broadcast.restore(decoded, time.time() * 1000)
    return broadcast, NOT_LISTENING
