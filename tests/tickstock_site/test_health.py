"""`GET /health`."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import AsyncClient, Client

from streaming.publish import STATE
from tickstock_site import health
from tickstock_site.heartbeat import PREFIX, end_life, show_life

NOW = datetime(2024, 7, 2, 16, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clean() -> Iterator[redis.Redis]:
    health._kept = health.Kept()
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        client.delete(STATE, PREFIX + "worker", PREFIX + "beat")
        yield client
        client.delete(STATE, PREFIX + "worker", PREFIX + "beat")


@pytest.fixture
def hanging() -> Iterator[str]:
    """host:port of a server that accepts and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(16)
        yield f"127.0.0.1:{server.getsockname()[1]}"


async def ask() -> tuple[int, dict[str, Any]]:
    response = await AsyncClient().get("/health")
    return response.status_code, json.loads(response.content)


def published(status: str, at: datetime) -> bytes:
    state = {"status": status, "timestamp": at.isoformat(), "ticks_per_second": 70.0}
    return json.dumps({"type": "streaming_health", "health": state}).encode()


@pytest.mark.django_db
async def test_a_stranger_sees_each_component_with_its_latency(clean: redis.Redis) -> None:
    show_life("worker")
    show_life("beat")
    clean.hset(STATE, "health", published("healthy", datetime.now(UTC)))
    status, report = await ask()
    assert (status, report["status"]) == (200, "healthy")
    assert report["components"].keys() == {"database", "redis", "worker", "beat", "stream"}
    assert report["components"]["database"]["status"] == "up"
    assert report["components"]["database"]["storage"] in ("timescaledb", "postgresql")
    assert report["components"]["database"]["latency_ms"] > 0
    assert report["components"]["stream"]["ticks_per_second"] == 70.0


@pytest.mark.django_db
async def test_without_worker_beat_and_stream_it_is_degraded_and_still_200() -> None:
    status, report = await ask()
    assert (status, report["status"]) == (200, "degraded")
    assert {report["components"][name]["status"] for name in ("worker", "beat", "stream")} == {
        "down"
    }


@pytest.mark.django_db
async def test_without_redis_it_is_503(settings: Any) -> None:
    settings.REDIS_URL = "redis://:secret@127.0.0.1:1/0"
    status, report = await ask()
    assert (status, report["status"]) == (503, "error")
    assert report["components"]["redis"] == {"status": "down"}
    assert report["components"]["worker"] == {"status": "unknown"}
    assert "secret" not in json.dumps(report)


async def test_without_the_database_it_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(django_settings.DATABASES["readonly"], "PORT", "1")
    status, report = await ask()
    assert (status, report["components"]["database"]) == (503, {"status": "down"})


async def test_components_that_hang_are_down_within_two_seconds(
    settings: Any, hanging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = f"redis://{hanging}/0"
    monkeypatch.setitem(django_settings.DATABASES["readonly"], "PORT", hanging.split(":")[1])
    began = time.monotonic()
    status, report = await ask()
    assert time.monotonic() - began < 2
    assert status == 503
    assert report["components"]["database"] == {"status": "down"}
    assert report["components"]["redis"] == {"status": "down"}


async def test_many_who_ask_at_once_cause_one_look() -> None:
    looks = []

    async def look() -> dict[str, Any]:
        looks.append(1)
        await asyncio.sleep(0.05)
        return {"status": "healthy"}

    kept = health.Kept(look)
    assert len(await asyncio.gather(*(kept.report() for _ in range(50)))) == 50
    await kept.report()
    assert len(looks) == 1


def test_a_streams_health_counts_for_thirty_seconds() -> None:
    now = NOW.timestamp()
    fresh = health.stream_component(published("degraded", NOW - timedelta(seconds=30)), now)
    assert (fresh["status"], fresh["age_seconds"]) == ("degraded", 30.0)
    stale = health.stream_component(published("healthy", NOW - timedelta(seconds=31)), now)
    assert stale == {"status": "down", "age_seconds": 31.0}


@pytest.mark.parametrize("stored", [None, b"", b"[]", b"nonsense", b'{"timestamp": 5}'])
def test_a_stream_without_readable_health_is_down(stored: bytes | None) -> None:
    assert health.stream_component(stored, NOW.timestamp())["status"] == "down"


def test_a_heartbeat_shows_its_age() -> None:
    beat = json.dumps({"time_ms": NOW.timestamp() * 1000}).encode()
    component = health.heartbeat_component(beat, NOW.timestamp() + 3)
    assert component == {"status": "up", "age_seconds": 3.0}


def test_a_heartbeat_expires_and_is_taken_back_at_the_end(clean: redis.Redis) -> None:
    show_life("worker")
    assert 0 < clean.ttl(PREFIX + "worker") <= 20  # type: ignore[operator]
    end_life("worker")
    assert clean.get(PREFIX + "worker") is None


def test_only_database_and_redis_make_an_error() -> None:
    up = {name: {"status": "up"} for name in ("database", "redis", "worker", "beat", "stream")}
    assert health.overall(up) == "healthy"
    assert health.overall(up | {"stream": {"status": "error"}}) == "degraded"
    assert health.overall(up | {"database": {"status": "down"}}) == "error"


@pytest.mark.django_db
def test_who_is_signed_in_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database that would say so may be what is down."""
    client = Client()
    client.force_login(User.objects.create_user("ada"))

    def gone(*_: Any) -> None:
        raise OperationalError("the database does not answer")

    monkeypatch.setattr("django.contrib.auth.get_user", gone)
    assert client.get("/health").status_code in (200, 503)
    with pytest.raises(OperationalError):
        client.get("/")
