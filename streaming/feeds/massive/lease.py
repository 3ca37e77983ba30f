"""The right to be the one connection of an API key: two would throw each other off for ever."""

from __future__ import annotations

import hashlib
from typing import Protocol

import redis

from streaming.lease import RedisLease


class Lease(Protocol):
    """What the client needs of a lease."""

    def acquire(self) -> bool:
        """Take it, if nobody has it."""

    @property
    def held(self) -> bool:
        """Whether it is still ours."""

    def release(self) -> None:
        """Give it back."""


def lease_key(api_key: str) -> str:
    """Where the lease of this API key is; does not tell the key."""
    return f"tickstock:lease:massive:{hashlib.sha256(api_key.encode()).hexdigest()[:16]}"


def redis_lease(redis_url: str, api_key: str, ttl_secs: float, hold_secs: float) -> RedisLease:
    """The lease of `api_key` in the Redis at `redis_url`."""
    client = redis.Redis.from_url(redis_url, socket_timeout=3, socket_connect_timeout=3)
    return RedisLease(client, lease_key(api_key), ttl_secs, hold_secs)
