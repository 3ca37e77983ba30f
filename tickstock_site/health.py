"""`GET /health`: each component with its status and latency, within a bounded time.

Public, so it says nothing that a stranger should not know, and looks no more than once a second
however often it is asked.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import redis.asyncio
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from streaming.heartbeats import PREFIX
from streaming.publish import STATE

PATIENCE_SECS = 1.5
KEPT_SECS = 1.0
STREAM_FRESH_SECS = 30.0
VITAL = ("database", "redis")
STORAGE_QUERY = "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"

Component = dict[str, Any]


@login_not_required
@never_cache
@require_safe
async def health(request: HttpRequest) -> JsonResponse:
    """The components, and 503 where the database or Redis is down."""
    report = await _kept.report()
    return JsonResponse(report, status=503 if report["status"] == "error" else 200)


def overall(components: dict[str, Component]) -> str:
    """`error` without database or Redis; `degraded` if anything else is not well."""
    if any(components[name]["status"] == "down" for name in VITAL):
        return "error"
    well = all(component["status"] in ("up", "healthy") for component in components.values())
    return "healthy" if well else "degraded"


def stream_component(stored: bytes | None, now: float) -> Component:
    """The stream by its last published health; `down` where that is missing or old."""
    state = _json(stored)
    state = state.get("health", state)
    age = _age_secs(state.get("timestamp"), now)
    if age is None or age > STREAM_FRESH_SECS:
        return {"status": "down", "age_seconds": age}
    return {"status": state.get("status", "degraded"), "age_seconds": age} | {
        name: state.get(name) for name in ("source", "ticks_per_second", "feed_lag_ms")
    }


def heartbeat_component(stored: bytes | None, now: float) -> Component:
    """Worker or beat by its heartbeat, which expires by itself."""
    beat = _json(stored)
    if "time_ms" not in beat:
        return {"status": "down"}
    return {"status": "up", "age_seconds": round(max(0.0, now - beat["time_ms"] / 1000), 1)}


def _json(stored: bytes | None) -> dict[str, Any]:
    try:
        found = json.loads(stored) if stored else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _age_secs(timestamp: Any, now: float) -> float | None:
    try:
        return round(max(0.0, now - datetime.fromisoformat(timestamp).timestamp()), 1)
    except (TypeError, ValueError):
        return None


async def database_component() -> Component:
    """A connection of its own as `app_readonly`: pools hide a server that is gone."""
    config = settings.DATABASES.get("readonly") or settings.DATABASES["default"]
    connection = await psycopg.AsyncConnection.connect(
        host=config["HOST"],
        port=config["PORT"],
        user=config["USER"],
        password=config["PASSWORD"],
        dbname=config["NAME"],
        sslmode=config["OPTIONS"].get("sslmode"),
        application_name="tickstock-health",
        autocommit=True,
    )
    try:
        row = await (await connection.execute(STORAGE_QUERY)).fetchone()
    finally:
        await connection.close()
    return {"status": "up", "storage": "timescaledb" if row else "postgresql"}


async def redis_components() -> dict[str, Component]:
    """Redis, and what the other processes have left there."""
    client = redis.asyncio.Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE_SECS, socket_connect_timeout=PATIENCE_SECS
    )
    began = time.monotonic()
    try:
        pipe = client.pipeline(transaction=False)
        pipe.mget(PREFIX + "worker", PREFIX + "beat")
        pipe.hget(STATE, "health")
        (worker, beat), stream = await pipe.execute()
    finally:
        await client.aclose()
    now = time.time()
    return {
        "redis": {"status": "up", "latency_ms": _since_ms(began)},
        "worker": heartbeat_component(worker, now),
        "beat": heartbeat_component(beat, now),
        "stream": stream_component(stream, now),
    }


async def _database() -> dict[str, Component]:
    began = time.monotonic()
    component = await database_component()
    return {"database": component | {"latency_ms": _since_ms(began)}}


async def look() -> dict[str, Any]:
    """The whole report; a component that does not answer in time is down."""
    unknown: Component = {"status": "unknown"}
    found = await asyncio.gather(
        _bounded(_database, {"database": {"status": "down"}}),
        _bounded(
            redis_components,
            {"redis": {"status": "down"}, "worker": unknown, "beat": unknown, "stream": unknown},
        ),
    )
    components = {name: state for part in found for name, state in part.items()}
    return {
        "status": overall(components),
        "timestamp": datetime.now(UTC).isoformat(),
        "components": components,
    }


async def _bounded(
    probe: Callable[[], Awaitable[dict[str, Component]]], otherwise: dict[str, Component]
) -> dict[str, Component]:
    try:
        async with asyncio.timeout(PATIENCE_SECS):
            return await probe()
    except (TimeoutError, OSError, psycopg.Error, redis.exceptions.RedisError):
        return otherwise


def _since_ms(began: float) -> float:
    return round(1000 * (time.monotonic() - began), 2)


class Kept:
    """The last report, for as long as it is fresh; those who ask meanwhile wait for one look."""

    def __init__(self, make: Callable[[], Awaitable[dict[str, Any]]] = look) -> None:
        self._make = make
        self._report: dict[str, Any] = {}
        self._made_at = -KEPT_SECS
        self._under_way: asyncio.Task[dict[str, Any]] | None = None

    async def report(self) -> dict[str, Any]:
        """A report that is at most a second old."""
        if time.monotonic() - self._made_at < KEPT_SECS:
            return self._report
        if not self._looking():
            self._under_way = asyncio.ensure_future(self._renew())
        assert self._under_way is not None
        return await asyncio.shield(self._under_way)

    def _looking(self) -> bool:
        task = self._under_way
        if task is None or task.done():
            return False
        return task.get_loop() is asyncio.get_running_loop()

    async def _renew(self) -> dict[str, Any]:
        self._report = await self._make()
        self._made_at = time.monotonic()
        return self._report


_kept = Kept()
