"""Sockets: they let the right people in, and forward what the hub has for them."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from asgiref.sync import sync_to_async
from autobahn.exception import Disconnected
from channels.auth import get_user
from channels.generic.websocket import AsyncWebsocketConsumer

from streaming.hub import Hub, current_hub, now_ms
from streaming.web import requests
from streaming.web.backpressure import open_gate
from streaming.web.catchup import detections_after
from streaming.web.detections import DetectionCursor, DetectionEntry
from streaming.web.frames import event
from streaming.web.limits import Allowance
from streaming.web.origins import is_allowed_origin

logger = logging.getLogger(__name__)

NOT_SIGNED_IN, NOT_ALLOWED, TOO_MANY_MESSAGES = 4401, 4403, 4429
RECHECK_SECS = 60.0


class HubConsumer(AsyncWebsocketConsumer):
    """What the sockets share: who may connect, and a pump that the hub wakes."""

    staff_only = False
    hub: Hub

    async def connect(self) -> None:
        """Accept, then close with a code that says why if the visitor may not listen."""
        self.tasks: list[asyncio.Task[None]] = []
        self.waker = asyncio.Event()
        self.gate = self.scope.get("tickstock.gate", open_gate)
        self.allowance = Allowance(rate=20, burst=60)
        await self.accept()
        refusal = self.refusal()
        if refusal is not None:
            return await self.close(refusal)
        self.hub = current_hub()
        self.hub.wakers.add(self.waker)
        await self.greet()
        self.waker.set()
        self.tasks = [asyncio.create_task(work) for work in (self.pump(), self.recheck())]
        for task in self.tasks:
            task.add_done_callback(self.close_after_crash)

    def refusal(self) -> int | None:
        """The close code for a visitor who may not listen, None for one who may."""
        user = self.scope.get("user")
        if not is_allowed_origin(dict(self.scope["headers"])):
            return NOT_ALLOWED
        if user is None or not user.is_authenticated:
            return NOT_SIGNED_IN
        return NOT_ALLOWED if self.staff_only and not user.is_staff else None

    async def disconnect(self, code: int) -> None:
        """Stop the pump and leave the hub."""
        for task in self.tasks:
            task.cancel()
        if hasattr(self, "hub"):
            self.hub.wakers.discard(self.waker)

    async def pump(self) -> None:
        """Send what is new, whenever something is and the connection has room."""
        while True:
            await self.waker.wait()
            await self.gate()
            self.waker.clear()
            await self.flush()

    async def recheck(self) -> None:
        """Close the socket of a user who has signed out or was locked out meanwhile."""
        while True:
            await asyncio.sleep(RECHECK_SECS)
            self.scope["user"] = await get_user(self.scope)
            refusal = self.refusal()
            if refusal is not None:
                await self.close(refusal)

    def close_after_crash(self, task: asyncio.Task[None]) -> None:
        """A pump that broke must not leave a socket that looks open and says nothing."""
        error = None if task.cancelled() else task.exception()
        if error is None or isinstance(error, Disconnected):
            return  # the browser went without a word, which Daphne will notice in a moment
        logger.error("a socket's pump broke", exc_info=error)
        self.tasks.append(asyncio.ensure_future(self.close(1011)))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Do what the client asks; say what is wrong if it can not be understood."""
        if not self.tasks:
            return
        if not self.allowance.take(now_ms()):
            return await self.close(TOO_MANY_MESSAGES)
        try:
            await self.handle(text_data or "")
        except requests.BadRequest as error:
            await self.say("error", error="bad request", detail=str(error))

    async def say(self, kind: str, **payload: Any) -> None:
        """Send one event that concerns this client only."""
        await self.send(text_data=event(kind, now_ms(), **payload))

    async def greet(self) -> None:
        """Send the current state, and take a place in the logs."""
        raise NotImplementedError

    async def flush(self) -> None:
        """Send what is new."""
        raise NotImplementedError

    async def handle(self, text: str) -> None:
        """Do what a client's message says."""
        raise requests.BadRequest("this socket takes no messages")


class StreamingConsumer(HubConsumer):
    """`/ws/streaming/`: session, health, prices; bars and indicators of subscribed symbols."""

    async def greet(self) -> None:
        self.cursor = self.hub.broadcast.cursor()
        for frame in self.hub.broadcast.snapshot(now_ms()):
            await self.send(text_data=frame)

    async def flush(self) -> None:
        for frame in self.hub.broadcast.collect(self.cursor, now_ms()):
            await self.send(text_data=frame)

    async def handle(self, text: str) -> None:
        request = requests.streaming_request(text)
        if isinstance(request, requests.Ping):
            return await self.say("pong")
        if isinstance(request, requests.Unsubscribe):
            self.cursor.symbols.difference_update(request.symbols)
            return
        together = self.cursor.symbols.union(request.symbols)
        if len(together) > requests.MAX_SUBSCRIBED:
            raise requests.BadRequest(
                f"{len(together)} symbols; at most {requests.MAX_SUBSCRIBED} can be subscribed"
            )
        self.cursor.symbols = together


class PatternsConsumer(HubConsumer):
    """`/ws/patterns/`: detections, each once and none left out, by `seq`."""

    async def greet(self) -> None:
        log = self.hub.broadcast.detections
        self.cursor = DetectionCursor(log.ring.end, log.newest_seq)
        self.after_seq: int | None = None
        await self.say("ready", newest_seq=log.newest_seq)

    async def flush(self) -> None:
        if self.after_seq is not None:
            return await self.catch_up(self.after_seq)
        entries = self.cursor.take_live(self.hub.broadcast.detections)
        if entries is None:
            return await self.catch_up(self.cursor.seq)
        await self.send_all(entries)

    async def catch_up(self, after_seq: int) -> None:
        """Page through the database from `after_seq`; the next flush goes on live."""
        self.after_seq = None
        self.cursor.resume(self.hub.broadcast.detections, after_seq)
        while page := await sync_to_async(detections_after)(self.cursor.seq):
            await self.gate()
            await self.send_all(self.cursor.take_page(page))
        await self.say("caught_up", seq=self.cursor.seq)
        self.waker.set()

    async def send_all(self, entries: list[DetectionEntry]) -> None:
        for entry in entries:
            await self.send(text_data=entry.frame)
        self.hub.sent(entries)

    async def handle(self, text: str) -> None:
        request = requests.patterns_request(text)
        if isinstance(request, requests.Ping):
            return await self.say("pong")
        if request.filters is not None:
            self.cursor.wanted = request.filters.as_filter()
        if isinstance(request, requests.Resume):
            self.after_seq = request.after_seq
            self.waker.set()
