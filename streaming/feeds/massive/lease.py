"""The right to be the one connection of an API key, held in Redis.

Two processes with one key would throw each other off for ever. `SET NX PX` with a token of our
own takes the lease, a thread renews it, and only the token's owner renews or deletes it
(https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/).
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from typing import Protocol

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

RENEW = """
local owner = redis.call('GET', KEYS[1])
if owner == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
if owner then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class Lease(Protocol):
    """What the client needs of a lease."""

    def acquire(self) -> bool:
        """Take it, if nobody has it."""

    @property
    def held(self) -> bool:
        """Whether it is still ours."""

    def release(self) -> None:
        """Give it back."""


class RedisLease:
    """A lease of `ttl_secs`, renewed every third of that while it is held.

    If Redis can not be reached nobody can take the lease, so it is kept for `hold_secs`; and
    taken again if Redis comes back without it. Never raises: no Redis, no lease.
    """

    def __init__(
        self, client: redis.Redis, key: str, ttl_secs: float = 15.0, hold_secs: float = 120.0
    ) -> None:
        self._client = client
        self._key = key
        self._ttl_ms = int(ttl_secs * 1000)
        self._hold_secs = hold_secs
        self._token = secrets.token_hex(16)
        self._renewed = 0.0
        self._held = threading.Event()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def acquire(self) -> bool:
        """Take it, if nobody has it; False also if Redis can not be reached."""
        self.release()
        try:
            taken = self._client.set(self._key, self._token, nx=True, px=self._ttl_ms)
        except redis.RedisError as error:
            logger.warning("the lease can not be asked for: %s", error)
            return False
        if taken:
            self._begin()
        return bool(taken)

    @property
    def held(self) -> bool:
        """Whether it is still ours."""
        return self._held.is_set()

    def release(self) -> None:
        """Stop renewing, and give it back if it is ours."""
        self._end.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if not self._held.is_set():
            return
        self._held.clear()
        try:
            self._client.eval(RELEASE, 1, self._key, self._token)
        except redis.RedisError as error:
            logger.warning("the lease was not given back, and will expire: %s", error)

    def renew(self) -> bool:
        """Renew it once; False if it is lost."""
        try:
            kept = bool(self._client.eval(RENEW, 1, self._key, self._token, self._ttl_ms))
        except redis.RedisError:
            return time.monotonic() - self._renewed < self._hold_secs
        self._renewed = time.monotonic()
        return kept

    def _begin(self) -> None:
        self._end = threading.Event()
        self._renewed = time.monotonic()
        self._held.set()
        self._thread = threading.Thread(target=self._keep, name="feed-lease", daemon=True)
        self._thread.start()

    def _keep(self) -> None:
        while not self._end.wait(self._ttl_ms / 3000):
            if not self.renew():
                logger.error("the lease on the feed's connection is lost")
                self._held.clear()
                return


def lease_key(api_key: str) -> str:
    """Where the lease of this API key is; does not tell the key."""
    return f"tickstock:lease:massive:{hashlib.sha256(api_key.encode()).hexdigest()[:16]}"


def redis_lease(redis_url: str, api_key: str, ttl_secs: float, hold_secs: float) -> RedisLease:
    """The lease of `api_key` in the Redis at `redis_url`."""
    client = redis.Redis.from_url(
        redis_url, socket_timeout=3, socket_connect_timeout=3, retry=Retry(NoBackoff(), 1)
    )
    return RedisLease(client, lease_key(api_key), ttl_secs, hold_secs)
