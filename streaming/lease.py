"""A lease in Redis: one holder at a time, gone soon after its holder is.

The value names host, process and a random token. A holder on this very host whose process no
longer lives is dead for certain, so its lease is taken over at once; any other runs out.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable

import psutil
import redis

logger = logging.getLogger(__name__)

TTL_MS = 10_000
RENEWALS_A_TTL = 4

_RENEW = """
if redis.call('get', KEYS[1]) == ARGV[1] then
    return redis.call('pexpire', KEYS[1], ARGV[2])
elseif redis.call('exists', KEYS[1]) == 0 then
    redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
    return 1
end
return 0
"""
_RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0
"""
_REPLACE = """
if redis.call('get', KEYS[1]) == ARGV[1] then
    redis.call('set', KEYS[1], ARGV[2], 'px', ARGV[3])
    return 1
end
return 0
"""


def holder_name() -> str:
    """This process, so that a lease tells who holds it."""
    started = int(psutil.Process().create_time() * 1000)
    return f"{socket.gethostname()}/{os.getpid()}/{started}/{secrets.token_hex(8)}"


def is_dead(holder: str) -> bool:
    """Whether a holder is a process of this host that no longer lives."""
    host, pid, started, _ = (holder.split("/") + [""] * 4)[:4]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        return int(psutil.Process(int(pid)).create_time() * 1000) != int(started or 0)
    except psutil.NoSuchProcess:
        return True


class Lease:
    """One named lease. `keep` renews it from a thread until `release`; `lost` tells that it went."""

    def __init__(self, client: redis.Redis, name: str, ttl_ms: int = TTL_MS) -> None:
        self.key = f"tickstock:lease:{name}"
        self.lost = threading.Event()
        self._client, self._ttl_ms = client, ttl_ms
        self._token = holder_name()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._renew = client.register_script(_RENEW)
        self._release = client.register_script(_RELEASE)
        self._replace = client.register_script(_REPLACE)

    def take(self) -> bool:
        """Take the lease if it is free, or held by the dead; whether it is now held."""
        if self._client.set(self.key, self._token, nx=True, px=self._ttl_ms):
            return True
        holder = (self._client.get(self.key) or b"").decode()
        if holder == self._token:
            return True
        if holder and is_dead(holder):
            logger.info("taking over the lease %s from a process that is gone", self.key)
            arguments = [holder, self._token, self._ttl_ms]
            return bool(self._replace(keys=[self.key], args=arguments))
        return False

    def holder(self) -> str:
        """Host and process of whoever holds it, or nothing."""
        held = (self._client.get(self.key) or b"").decode()
        return "/".join(held.split("/")[:2])

    def wait(self, stop: threading.Event, told: Callable[[str], None], poll: float = 0.5) -> bool:
        """Wait until the lease is held, or `stop` is set; `told` gets the holder once."""
        reported = False
        while not self.take():
            if not reported:
                told(self.holder())
                reported = True
            if stop.wait(poll):
                return False
        return True

    def keep(self) -> None:
        """Renew from now on, in a thread."""
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._thread.start()

    def _keep(self) -> None:
        wait = self._ttl_ms / 1000 / RENEWALS_A_TTL
        while not self._stop.wait(wait):
            if not self._renew_once():
                self.lost.set()
                return

    def _renew_once(self) -> bool:
        """Whether the lease may still be ours: a Redis that is away takes it from nobody."""
        try:
            return bool(self._renew(keys=[self.key], args=[self._token, self._ttl_ms]))
        except redis.RedisError:
            time.sleep(0.1)
            return True

    def release(self) -> None:
        """Give the lease up."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(2)
        try:
            self._release(keys=[self.key], args=[self._token])
        except redis.RedisError:
            logger.info("the lease %s will run out by itself", self.key)
