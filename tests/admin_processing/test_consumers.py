"""`/ws/processing/`: who may listen, the state first, then what changes; none of it lost."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.db import OperationalError
from redis.asyncio import Redis

from admin_processing import consumers
from admin_processing.consumers import ProcessingConsumer
from admin_processing.models import ProcessingRun
from streaming import consumers as sockets
from streaming import hub as hub_module
from streaming.hub import Hub
from tests.private_redis import free_port, private_redis

SIGNED_IN = SimpleNamespace(is_authenticated=True, is_staff=False)
STAFF = SimpleNamespace(is_authenticated=True, is_staff=True)
STATE = {"running": False, "run": None}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub that listens to nothing: tests put messages in."""
    hub = Hub("redis://unused")
    monkeypatch.setattr(sockets, "current_hub", lambda: hub)
    monkeypatch.setattr(consumers, "state", lambda: STATE)
    return hub


def socket(user: Any = STAFF) -> Any:
    headers = [(b"host", b"site:8000"), (b"origin", b"http://site:8000")]
    made = WebsocketCommunicator(ProcessingConsumer.as_asgi(), "/ws/processing/", headers=headers)
    made.scope["user"] = user
    return made


async def received(made: Any) -> dict[str, Any]:
    return json.loads(await made.receive_from(5))


def told(kind: str, **payload: Any) -> bytes:
    head = {"type": kind, "event_id": "e", "timestamp": "2026-11-24T21:30:00Z"}
    return json.dumps(head | payload).encode()


async def test_a_trader_is_closed_with_a_code_that_says_why(hub: Hub) -> None:
    made = socket(SIGNED_IN)
    await made.connect()
    assert await made.receive_output(5) == {"type": "websocket.close", "code": 4403}
    await made.disconnect()


async def test_the_state_comes_at_once_and_what_was_told_before_does_not(hub: Hub) -> None:
    hub._take(told("processing_started", run={"run_id": "r1"}))
    hub._take(told("import_progress", run_id="r1", done=1))
    made = socket()
    await made.connect()
    first = await received(made)
    assert first["type"] == "processing_state"
    assert first["state"] == STATE
    assert {"event_id", "timestamp"} <= first.keys()
    hub._take(told("import_progress", run_id="r1", done=2))
    assert (await received(made))["done"] == 2
    await made.disconnect()
    assert hub.wakers == set()


async def test_of_progress_that_comes_faster_than_it_is_sent_the_newest_is(hub: Hub) -> None:
    made = socket()
    await made.connect()
    await received(made)
    hub._take(told("import_started", run_id="r1"))
    for done in range(1, 200):
        hub._take(told("import_progress", run_id="r1", done=done))
    hub._take(told("import_completed", run_id="r1"))
    got = [await received(made) for _ in range(3)]
    assert [(event["type"], event.get("done")) for event in got] == [
        ("import_started", None),
        ("import_progress", 199),
        ("import_completed", None),
    ]
    await made.disconnect()


async def test_without_a_database_it_says_so_and_the_state_follows(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [OperationalError("gone"), STATE]

    def state() -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(consumers, "state", state)
    monkeypatch.setattr(consumers, "AGAIN_SECS", 0.05)
    made = socket()
    await made.connect()
    refused = await received(made)
    assert (refused["type"], refused["detail"]) == ("error", "The database does not answer.")
    assert (await received(made))["state"] == STATE
    await made.disconnect()


async def test_a_ping_is_answered_and_everything_else_refused(hub: Hub) -> None:
    made = socket()
    await made.connect()
    await received(made)
    await made.send_to('{"action": "ping"}')
    assert (await received(made))["type"] == "pong"
    await made.send_to('{"action": "cancel"}')
    assert (await received(made))["error"] == "bad request"
    await made.disconnect()


async def test_after_redis_was_away_the_state_comes_anew(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(hub_module, "newest_seq", lambda: 1)
    monkeypatch.setattr(hub_module, "detections_after", lambda seq: [])
    port = free_port()
    with contextlib.ExitStack() as first:
        hub.redis_url = first.enter_context(private_redis(tmp_path, port))
        hub.start()
        made = socket()
        await made.connect()
        while not (await received(made))["redis_connected"]:
            pass  # until the hub listens, which tears the log
        async with Redis.from_url(hub.redis_url) as redis:
            await redis.publish("tickstock:heal:completed", told("heal_completed", run_id="r1"))
        assert (await received(made))["type"] == "heal_completed"
    with private_redis(tmp_path, port):
        assert (await received(made))["type"] == "processing_state"
        await made.disconnect()
        await hub.stop()


@pytest.mark.django_db(transaction=True)
async def test_the_state_is_that_of_the_status(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub("redis://unused")
    monkeypatch.setattr(sockets, "current_hub", lambda: hub)
    run = await ProcessingRun.objects.acreate(kind="daily", parameters={"phases": ["cache"]})
    made = socket()
    await made.connect()
    told = (await received(made))["state"]
    assert told["run"]["run_id"] == str(run.run_id)
    assert told["run"]["status"] == "queued"
    assert [phase["name"] for phase in told["run"]["phases"]] == ["cache"]
    assert told.keys() == {"running", "run", "last_run", "next_run_at", "worker_alive"}
    await made.disconnect()
