"""What the web processes report back: which flows have reached a browser."""

from __future__ import annotations

import json
import logging
import threading
import uuid
from typing import Any

import redis

from streaming.flow import FlowLog
from streaming.publish import DELIVERED

RETRY_SECS = 1.0
POLL_SECS = 0.5

log = logging.getLogger(__name__)


def parse_delivered(data: bytes) -> list[tuple[str, int]]:
    """(flow id, Unix ms) of a message `{"flow_ids": [[flow_id, delivered_ms], …]}`.

    Raises ValueError for anything else.
    """
    try:
        message = json.loads(data)
        return [(str(uuid.UUID(flow)), int(time_ms)) for flow, time_ms in message["flow_ids"]]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ValueError(f"not a delivered message: {type(error).__name__}") from None


class DeliveredListener:
    """A Redis thread that notes the `delivered` stage of each flow that a web process reports."""

    def __init__(self, redis_url: str, flow_log: FlowLog) -> None:
        self._url = redis_url
        self._flow_log = flow_log
        self._stop = threading.Event()
        self.subscribed = threading.Event()
        self.bad_messages = 0
        self._thread = threading.Thread(target=self._run, name="delivered", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self, timeout_secs: float = 2.0) -> None:
        """Stop listening, and wait for the thread."""
        self._stop.set()
        self._thread.join(timeout_secs)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except redis.RedisError as error:
                log.info("delivered reports are away: %s", type(error).__name__)
                self._stop.wait(RETRY_SECS)

    def _listen(self) -> None:
        with (
            redis.Redis.from_url(self._url, socket_connect_timeout=2) as client,
            client.pubsub(ignore_subscribe_messages=True) as channel,
        ):
            channel.subscribe(DELIVERED)
            self.subscribed.set()
            while not self._stop.is_set():
                self._take(channel.get_message(timeout=POLL_SECS))

    def _take(self, message: dict[str, Any] | None) -> None:
        if message is None:
            return
        try:
            delivered = parse_delivered(message["data"])
        except ValueError:
            self.bad_messages += 1
            return
        for flow, time_ms in delivered:
            self._flow_log.record("delivered", flow, "", time_ms)
