"""What the supervisor tells over Redis."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings

from streaming.publish import STATE
from tickstock_site.supervisor.reporter import Reporter
from tickstock_site.supervisor.vitals import ProcessState, VitalsMeter, lag_of


@pytest.fixture
def client() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as made:
        yield made
        made.delete(STATE)


def states() -> list[ProcessState]:
    return [
        ProcessState("web", os.getpid(), 2, 12.34),
        ProcessState("stream", None, 0, 0.0, finished=True),
    ]


def next_message(channel: redis.client.PubSub) -> dict[str, Any]:
    while (message := channel.get_message(timeout=10)) is not None:
        if message["type"] == "message":
            return json.loads(message["data"])
    raise AssertionError("nothing was published")


def test_system_health_tells_of_each_process_queue_and_lag(client: redis.Redis) -> None:
    health = {"feed_lag_ms": 12, "pending_minutes": 1}
    client.hset(STATE, "health", json.dumps({"type": "streaming_health", "health": health}))
    with client.pubsub() as channel:
        channel.subscribe("tickstock:monitoring")
        channel.get_message(timeout=5)
        reporter = Reporter(settings.REDIS_URL, states, every_secs=0.2)
        reporter.start()
        message = next_message(channel)
        reporter.close()
    assert message["type"] == "system_health"
    assert {"event_id", "timestamp"} <= message.keys()
    web, stream = message["processes"]["web"], message["processes"]["stream"]
    assert (web["up"], web["pid"], web["restarts"]) == (True, os.getpid(), 2)
    assert web["memory_mb"] > 10
    assert (stream["up"], stream["finished"], stream["memory_mb"]) == (False, True, 0)
    assert message["queues"] == {"celery": 0}
    assert message["lag"] == health


def test_a_crash_is_published_at_once(client: redis.Redis) -> None:
    with client.pubsub() as channel:
        channel.subscribe("tickstock:errors")
        channel.get_message(timeout=5)
        reporter = Reporter(settings.REDIS_URL, states, every_secs=60)
        reporter.start()
        reporter.error("worker", "ended with exit code 1; it starts again in 1 s", 1)
        message = next_message(channel)
        reporter.close()
    assert message["type"] == "error"
    assert (message["process"], message["where"]) == ("worker", "supervisor")
    assert (message["message"], message["count"]) == (
        "ended with exit code 1; it starts again in 1 s",
        1,
    )


def test_a_redis_that_is_away_holds_nobody_up() -> None:
    reporter = Reporter("redis://127.0.0.1:1/0", states, every_secs=0.1)
    reporter.start()
    reporter.error("worker", "ended", 1)
    reporter.close()


def test_a_process_that_is_gone_has_no_figures() -> None:
    figures = VitalsMeter().measure([ProcessState("web", 2**22 - 1, 0, 1.0)])
    assert figures["web"]["memory_mb"] == 0


@pytest.mark.parametrize("stored", [None, b"", b"nonsense", b"{}"])
def test_without_a_stream_the_lag_is_unknown(stored: bytes | None) -> None:
    assert lag_of(stored) == {"feed_lag_ms": None, "pending_minutes": None}
