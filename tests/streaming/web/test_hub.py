"""The web process's one subscriber, over a real Redis."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from streaming import hub as hub_module
from streaming.hub import DELIVERED_CHANNEL, STATE_KEY, Hub
from streaming.web.detections import DetectionEntry
from tests.private_redis import free_port, private_redis

PRICES = "tickstock:streaming:prices"


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def quote(price: float) -> str:
    head = {"type": "prices", "event_id": "e", "timestamp": "2025-10-09T08:53:20Z"}
    return json.dumps(head | {"prices": {"AAPL": [price, 0.0, 1.0, 1]}, "sent_ms": 1})


@pytest.fixture(autouse=True)
def stored(monkeypatch: pytest.MonkeyPatch) -> list[DetectionEntry]:
    """What the database holds, in place of it."""
    rows: list[DetectionEntry] = []
    monkeypatch.setattr(hub_module, "newest_seq", lambda: max([0, *(e.seq for e in rows)]))
    monkeypatch.setattr(
        hub_module, "detections_after", lambda seq: [e for e in rows if e.seq > seq]
    )
    return rows


@pytest.fixture
async def listening(tmp_path: Path) -> AsyncIterator[tuple[Hub, Any]]:
    with private_redis(tmp_path) as url:
        hub = Hub(url)
        async with Redis.from_url(url) as redis:
            yield hub, redis
        await hub.stop()


async def test_a_published_price_wakes_the_clients(listening):
    hub, redis = listening
    hub.start()
    await until(lambda: hub.connected)
    waker = asyncio.Event()
    hub.wakers.add(waker)
    await redis.publish(PRICES, quote(7.0))
    await asyncio.wait_for(waker.wait(), 5)
    assert hub.broadcast.prices.latest == {"AAPL": [7.0, 0.0, 1.0, 1]}


async def test_a_fresh_process_knows_the_last_state(listening):
    hub, redis = listening
    await redis.hset(STATE_KEY, "prices", quote(5.0))
    hub.start()
    await until(lambda: hub.connected)
    assert hub.broadcast.prices.latest["AAPL"][0] == 5.0


async def test_a_message_that_is_not_as_agreed_is_counted_and_the_next_one_taken(listening):
    hub, redis = listening
    hub.start()
    await until(lambda: hub.connected)
    for broken in ("not JSON", "[]", '{"type": "prices"}'):
        await redis.publish(PRICES, broken)
    await redis.publish(PRICES, quote(1.0))
    await until(lambda: bool(hub.broadcast.prices.latest))
    assert hub.stats()["bad_messages"] == 3


async def test_what_reached_a_browser_first_is_reported_once(listening):
    hub, redis = listening
    hub.start()
    async with redis.pubsub() as heard:
        await heard.subscribe(DELIVERED_CHANNEL)
        await heard.get_message(timeout=5)
        entry = DetectionEntry(1, {"flow_id": "f1", "state": "formed"}, "frame")
        later = DetectionEntry(2, {"flow_id": "f2", "state": "confirmed"}, "frame")
        hub.sent([later, entry])
        hub.sent([entry])
        message = await heard.get_message(timeout=5)
    flow_ids = json.loads(message["data"])["flow_ids"]
    assert [flow_id for flow_id, _ in flow_ids] == ["f1"]


async def test_after_redis_was_away_the_missed_detections_come_from_the_database(tmp_path, stored):
    port = free_port()
    with contextlib.ExitStack() as first:
        url = first.enter_context(private_redis(tmp_path, port))
        stored.append(DetectionEntry(1, {"seq": 1}, "one"))
        hub = Hub(url)
        hub.start()
        await until(lambda: hub.connected)
    await until(lambda: not hub.connected)
    stored.append(DetectionEntry(2, {"seq": 2}, "two"))
    with private_redis(tmp_path, port):
        await until(lambda: hub.connected)
        assert [e.frame for e in hub.broadcast.detections.ring.since(0)[0]] == ["two"]
        await hub.stop()


def test_the_more_clients_the_longer_between_cuts():
    hub = Hub("redis://unused")
    assert hub.cut_secs() == 0.05
    hub.wakers = {asyncio.Event() for _ in range(400)}
    assert hub.cut_secs() == pytest.approx(0.1)
    hub.wakers = {asyncio.Event() for _ in range(5000)}
    assert hub.cut_secs() == 0.25
