"""A lease in Redis: one holder at a time, gone soon after its holder is.

`SET NX PX` with a token of our own takes it, a thread renews it, and only the token's owner renews
or deletes it (https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/). The token
names host and process: a holder on this very host whose process no longer lives is dead for
certain, so that a restart takes over at once; any other lease runs out.
"""

from __future__ import annotations

import logging
import math
import os
import secrets
import socket
import threading
import time

import psutil
import redis

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
REPLACE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""


def holder_name() -> str:
    """This process as `host/pid/started/random`."""
    started = int(psutil.Process().create_time() * 1000)
    return f"{socket.gethostname()}/{os.getpid()}/{started}/{secrets.token_hex(8)}"


def is_dead(holder: str) -> bool:
    """Whether a holder is a process of this host that no longer lives."""
    parts = holder.split("/")
    if len(parts) != 4 or parts[0] != socket.gethostname() or not parts[1].isdigit():
        return False
    try:
        return str(int(psutil.Process(int(parts[1])).create_time() * 1000)) != parts[2]
    except psutil.NoSuchProcess:
        return True


class RedisLease:
    """A lease of `ttl_secs`, renewed every third of that while it is held.

    If Redis can not be reached nobody can take the lease, so it is kept for `hold_secs`; and
    taken again if Redis comes back without it. Never raises: no Redis, no lease.
    """

    def __init__(
        self, client: redis.Redis, key: str, ttl_secs: float = 15.0, hold_secs: float = math.inf
    ) -> None:
        self._client = client
        self._key = key
        self._ttl_ms = int(ttl_secs * 1000)
        self._hold_secs = hold_secs
        self._token = holder_name()
        self._renewed = 0.0
        self._held = threading.Event()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def acquire(self) -> bool:
        """Take it, if nobody alive has it; False also if Redis can not be reached."""
        self.release()
        try:
            taken = self._take()
        except redis.RedisError as error:
            logger.warning("the lease can not be asked for: %s", error)
            return False
        if taken:
            self._begin()
        return taken

    def _take(self) -> bool:
        if self._client.set(self._key, self._token, nx=True, px=self._ttl_ms):
            return True
        holder = (self._client.get(self._key) or b"").decode()
        if not is_dead(holder):
            return False
        logger.info("taking over %s from a process that is gone", self._key)
        return bool(self._client.eval(REPLACE, 1, self._key, holder, self._token, self._ttl_ms))

    def holder(self) -> str:
        """`host/pid` of whoever has it; nothing if nobody has, or Redis can not be reached."""
        try:
            held = (self._client.get(self._key) or b"").decode()
        except redis.RedisError:
            return ""
        return "/".join(held.split("/")[:2])

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
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._thread.start()

    def _keep(self) -> None:
        while not self._end.wait(self._ttl_ms / 3000):
            if not self.renew():
                logger.error("the lease %s is lost", self._key)
                self._held.clear()
                return
