"""The web process's one ear on Redis: sorts in what is published, wakes the sockets.

    Redis Pub/Sub ──▶ Hub._listen ──▶ Broadcast (pure) ──▶ wake ──▶ each client's own pump

A client's pump takes from the shared logs by its own cursor, when its connection has room; so no
client waits for another and none has a queue. Prices are made visible in cuts, so that many
clients share one encoding; the more clients, the longer between cuts (0.05 s to 0.25 s).
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from streaming.web import runs
from streaming.web.broadcast import Broadcast
from streaming.web.catchup import detections_after, newest_seq
from streaming.web.detections import DetectionEntry
from streaming.web.frames import event

logger = logging.getLogger(__name__)

STATE_KEY = "tickstock:state"
DELIVERED_CHANNEL = "tickstock:streaming:delivered"
CHANNELS = (
    "tickstock:streaming:session_started",
    "tickstock:streaming:session_stopped",
    "tickstock:streaming:health",
    "tickstock:streaming:prices",
    "tickstock:streaming:bars",
    "tickstock:streaming:bars_revised",
    "tickstock:streaming:indicators",
    "tickstock:patterns:streaming",
    *runs.CHANNELS,
)
LEAST_CUT_SECS, MOST_CUT_SECS, CUT_SECS_A_CLIENT = 0.05, 0.25, 0.00025
LEAST_BACKOFF_SECS, MOST_BACKOFF_SECS = 0.25, 5.0
DELIVERED_EVERY_SECS = 0.25
STAGED = ("formed", "revised")
"""What becomes of a detection later is no stage of its flow."""


def now_ms() -> float:
    """Unix milliseconds."""
    return time.time() * 1000


class Hub:
    """One a process and event loop; `start` is safe to call again."""

    def __init__(self, redis_url: str) -> None:
        self.redis_url = redis_url
        self.broadcast = Broadcast()
        self.wakers: set[asyncio.Event] = set()
        self.connected = False
        self.messages = self.bad_messages = self.reconnects = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._delivered: list[list[Any]] = []
        self._next_cut: asyncio.TimerHandle | None = None
        self._last_cut = 0.0

    def start(self) -> None:
        """Begin to listen, on the running event loop."""
        if not self._tasks:
            loop = asyncio.get_running_loop()
            self._tasks = [
                loop.create_task(self._listen_for_ever()),
                loop.create_task(self._report_for_ever()),
            ]

    async def stop(self) -> None:
        """Stop listening; tests end with it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def stats(self) -> dict[str, Any]:
        """What `/streaming/api/status` says of the subscriber."""
        return {
            "connected": self.connected,
            "clients": len(self.wakers),
            "messages_received": self.messages,
            "bad_messages": self.bad_messages,
            "reconnects": self.reconnects,
            "newest_seq": self.broadcast.detections.newest_seq,
        }

    def sent(self, entries: list[DetectionEntry]) -> None:
        """Note when each detection first reached a browser, for the flow log."""
        for entry in entries:
            flow_id = entry.pattern.get("flow_id")
            if not entry.delivered and flow_id and entry.pattern.get("state") in STAGED:
                self._delivered.append([flow_id, int(now_ms())])
            entry.delivered = True

    # --- listening ------------------------------------------------------------------------------

    async def _listen_for_ever(self) -> None:
        backoff = LEAST_BACKOFF_SECS
        while True:
            try:
                async with aclosing(self._published()) as messages:
                    async for data in messages:
                        backoff = LEAST_BACKOFF_SECS
                        self._take(data)
            except (RedisError, OSError, DatabaseError) as error:
                self._note_loss(error)
            await asyncio.sleep(backoff * random.uniform(0.5, 1.0))
            backoff = min(2 * backoff, MOST_BACKOFF_SECS)

    async def _published(self) -> AsyncGenerator[bytes, None]:
        """What is published from now on; first the state from before is restored."""
        redis = Redis.from_url(self.redis_url, socket_connect_timeout=5, health_check_interval=15)
        async with redis, redis.pubsub() as pubsub:
            await pubsub.subscribe(*CHANNELS)
            await self._restore(redis)
            self.connected = True
            while True:
                message = await pubsub.get_message(True, timeout=10)
                if message is not None:
                    yield message["data"]

    def _note_loss(self, error: Exception) -> None:
        if self.connected:
            logger.warning("lost Redis, reconnecting: %s", error)
        self.connected = False
        self.reconnects += 1

    async def _restore(self, redis: Redis) -> None:
        """Last state from Redis, and from the database the detections missed while away."""
        state = await redis.hgetall(STATE_KEY)
        decoded = {name.decode(): msgspec.json.decode(text) for name, text in state.items()}
        self.broadcast.restore(decoded, now_ms())
        detections = self.broadcast.detections
        if detections.newest_seq == 0:
            detections.newest_seq = await sync_to_async(newest_seq)()
            return self._wake()
        while page := await sync_to_async(detections_after)(detections.newest_seq):
            for entry in page:
                detections.add(entry)
        self._wake()

    def _take(self, data: bytes) -> None:
        self.messages += 1
        try:
            message = msgspec.json.decode(data)
            self.broadcast.take(message, now_ms())
        except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
            self.bad_messages += 1
            logger.warning("a published message is not as agreed: %r", error)
            return
        if message["type"] == "prices":
            self._cut_soon()
        else:
            self._wake()

    # --- waking clients -------------------------------------------------------------------------

    def _cut_soon(self) -> None:
        """Make prices visible: at once, or when the last cut is long enough ago."""
        if self._next_cut is not None:
            return
        wait = self._last_cut + self.cut_secs() - time.monotonic()
        if wait <= 0:
            self._cut()
        else:
            self._next_cut = asyncio.get_running_loop().call_later(wait, self._cut)

    def cut_secs(self) -> float:
        """Least time between two price frames to a client."""
        return min(max(CUT_SECS_A_CLIENT * len(self.wakers), LEAST_CUT_SECS), MOST_CUT_SECS)

    def _cut(self) -> None:
        self._next_cut = None
        self._last_cut = time.monotonic()
        if self.broadcast.prices.cut():
            self._wake()

    def _wake(self) -> None:
        for waker in self.wakers:
            waker.set()

    # --- what reached a browser -----------------------------------------------------------------

    async def _report_for_ever(self) -> None:
        async with Redis.from_url(self.redis_url, socket_connect_timeout=5) as redis:
            while True:
                await asyncio.sleep(DELIVERED_EVERY_SECS)
                batch, self._delivered = self._delivered, []
                if batch:
                    await self._report(redis, batch)

    async def _report(self, redis: Redis, batch: list[list[Any]]) -> None:
        message = event("delivered", now_ms(), flow_ids=batch)
        try:
            await redis.publish(DELIVERED_CHANNEL, message)
        except (RedisError, OSError) as error:
            logger.warning("%d deliveries not reported: %s", len(batch), error)


_hub: Hub | None = None
_loop: asyncio.AbstractEventLoop | None = None


def current_hub() -> Hub:
    """The process's hub, listening on the running event loop."""
    global _hub, _loop
    loop = asyncio.get_running_loop()
    if _hub is None or _loop is not loop:
        _hub, _loop = Hub(settings.REDIS_URL), loop
    _hub.start()
    return _hub


def listening_hub() -> Hub | None:
    """The process's hub if it listens; for views, which run in other threads."""
    return _hub if _hub is not None and _hub.connected else None
