"""`/ws/processing/`: runs and their phases, for staff."""

from __future__ import annotations

import asyncio
import logging

from channels.db import database_sync_to_async
from django.db import DatabaseError

from admin_processing.api import state
from streaming.consumers import HubConsumer
from streaming.web.requests import processing_request
from streaming.web.runs import RunCursor

logger = logging.getLogger(__name__)

PACE_SECS = 0.1
"""Least time between two sendings: of progress that comes faster, the newest is sent."""
AGAIN_SECS = 2.0


class ProcessingConsumer(HubConsumer):
    """The state as `GET /api/processing/status` has it, then what changes.

    The state comes again whenever something may have been missed: Redis was away, or the client
    was too slow.
    """

    staff_only = True

    async def greet(self) -> None:
        """The state itself is sent by the first flush."""
        self.cursor: RunCursor | None = None

    async def flush(self) -> None:
        """Send the state if it is not known, else what is new."""
        frames = None if self.cursor is None else self.hub.broadcast.runs.collect(self.cursor)
        if frames is None:
            return await self.send_state()
        for frame in frames:
            await self.send(text_data=frame)
        await asyncio.sleep(PACE_SECS)

    async def send_state(self) -> None:
        """The place in the log is taken before the state is read, so that nothing is left out."""
        cursor = self.hub.broadcast.runs.cursor()
        try:
            now = await database_sync_to_async(state)()
        except DatabaseError as error:
            logger.warning("the state of processing can not be read: %s", error)
            await self.say("error", error="unavailable", detail="The database does not answer.")
            asyncio.get_running_loop().call_later(AGAIN_SECS, self.waker.set)
            return
        await self.say("processing_state", state=now, redis_connected=self.hub.connected)
        self.cursor = cursor
        self.waker.set()

    async def handle(self, text: str) -> None:
        """A ping is all that this socket takes."""
        processing_request(text)
        await self.say("pong")
