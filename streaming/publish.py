"""The one place that sends events: typed, encoded once, to Redis Pub/Sub.

Every message is one JSON object with `type`, `event_id` and an ISO 8601 UTC `timestamp`. NumPy
numbers become plain ones; NaN and infinity are left out by whoever makes the message. One that
Redis does not take is counted and lost: what must not be lost is in an outbox in the database, or
in the last state.
"""

from __future__ import annotations

import logging
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec
import numpy as np
import redis

logger = logging.getLogger(__name__)

TICKS = "tickstock:market:ticks"
SESSION_STARTED = "tickstock:streaming:session_started"
SESSION_STOPPED = "tickstock:streaming:session_stopped"
HEALTH = "tickstock:streaming:health"
PRICES = "tickstock:streaming:prices"
BARS = "tickstock:streaming:bars"
INDICATOR_MATRIX = "tickstock:streaming:indicators"
DELIVERED = "tickstock:streaming:delivered"
PATTERNS = "tickstock:patterns:streaming"
INDICATORS = "tickstock:indicators:streaming"
ERRORS = "tickstock:errors"
STATE = "tickstock:state"

Message = tuple[str, bytes]

FEW = 8
BLOCK = 500
# One command for many messages: one by one, each would cost the client ten times as much. Bounded,
# because Redis does nothing else meanwhile.
PUBLISH_ALL = """
local received = {}
for i = 1, #ARGV, 2 do
    received[#received + 1] = redis.call('PUBLISH', ARGV[i], ARGV[i + 1])
end
return received
"""

# JSON has no ends of lines in it. Thousands of arguments would cost the client more than the rest.
PUBLISH_LINES = """
local received = 0
for message in string.gmatch(ARGV[2], '[^\\n]+') do
    received = received + redis.call('PUBLISH', ARGV[1], message)
end
return received
"""


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's, for msgspec."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no JSON form here")


_encoder = msgspec.json.Encoder(enc_hook=_plain)


def event(kind: str, event_id: str = "", **payload: Any) -> dict[str, Any]:
    """An event object with its envelope."""
    return {
        "type": kind,
        "event_id": event_id or uuid.uuid4().hex,
        "timestamp": datetime.now(UTC).isoformat(),
        **payload,
    }


def encode(message: Mapping[str, Any]) -> bytes:
    """An event as JSON."""
    return _encoder.encode(message)


class Publisher:
    """Sends to Redis; never raises for a Redis that is away, and says how often it was."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._publish_all = client.register_script(PUBLISH_ALL)
        self.lost = 0

    def send(self, channel: str, kind: str, **payload: Any) -> int:
        """Publish one event; how many subscribers got it."""
        received = self.send_all([(channel, encode(event(kind, **payload)))])
        return received[0] if received else 0

    def send_all(self, messages: Iterable[Message]) -> list[int]:
        """Publish encoded events in order; the subscribers of each that Redis took."""
        waiting = iter(messages)
        received: list[int] = []
        block: list[Message] = []
        try:
            while block := list(islice(waiting, BLOCK)):
                received += self._send_block(block)
        except redis.RedisError as error:
            self._note_lost(len(block) + sum(1 for _ in waiting), error)
        return received

    def _send_block(self, messages: list[Message]) -> list[int]:
        if len(messages) > FEW:
            return list(self._publish_all(args=[part for message in messages for part in message]))
        pipe = self._client.pipeline(transaction=False)
        for channel, data in messages:
            pipe.publish(channel, data)
        return list(pipe.execute())

    def send_while_heard(self, channel: str, messages: Iterable[bytes]) -> None:
        """Publish encoded events, the others only if the first of them finds a subscriber."""
        waiting = iter(messages)
        for first in waiting:
            if any(self.send_all([(channel, first)])):
                self._send_lines(channel, waiting)
            return

    def _send_lines(self, channel: str, messages: Iterator[bytes]) -> None:
        """In blocks; while Redis works on one the next is made, so its answer is read later."""
        pool = self._client.connection_pool
        unanswered: deque[int] = deque()
        connection = None
        try:
            connection = pool.get_connection()
            while block := list(islice(messages, BLOCK)):
                unanswered.append(len(block))
                connection.send_command("EVAL", PUBLISH_LINES, 0, channel, b"\n".join(block))
                self._read_answers(connection, unanswered, 1)
            self._read_answers(connection, unanswered, 0)
        except redis.RedisError as error:
            if connection is not None:
                connection.disconnect()
            self._note_lost(sum(unanswered) + sum(1 for _ in messages), error)
        finally:
            if connection is not None:
                pool.release(connection)

    @staticmethod
    def _read_answers(connection: Any, unanswered: deque[int], left: int) -> None:
        while len(unanswered) > left:
            connection.read_response()
            unanswered.popleft()

    def _note_lost(self, count: int, error: redis.RedisError) -> None:
        self.lost += count
        logger.warning("%d events were not published: %s", count, type(error).__name__)

    def remember(self, field: str, message: bytes) -> None:
        """Keep an event as the last state that a new web process starts from."""
        try:
            self._client.hset(STATE, field, message)
        except redis.RedisError:
            self.lost += 1

    def announce(self, channel: str, field: str, kind: str, **payload: Any) -> None:
        """Publish an event and keep it as the last state."""
        data = encode(event(kind, **payload))
        self.remember(field, data)
        self.send_all([(channel, data)])

    def error(self, where: str, message: str, count: int = 1) -> None:
        """Report an error of this process on `tickstock:errors`; never put a secret in it."""
        self.send(ERRORS, "error", process="stream", where=where, message=message, count=count)
