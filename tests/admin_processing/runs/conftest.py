"""Phases of the tests' own, and what runs leave behind."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
import redis
from django.db import connection

from admin_processing.phases import registry
from admin_processing.runs import triggers
from admin_processing.runs.phase import ChunkPlan, Work
from admin_processing.runs.request import RunRequest, parse
from admin_processing.runs.triggers import Asker

TESTER = Asker("tester", "127.0.0.1")
DAILY = ("import", "cache", "indicators", "patterns")


class MadeUp:
    """A phase of so many chunks and units; `during` is called in the middle of each unit."""

    def __init__(self, name: str, chunks: int = 3, units: int = 4) -> None:
        self.name = name
        self.plans = [
            ChunkPlan([{"name": f"{name}{c}.{u}"} for u in range(units)]) for c in range(chunks)
        ]
        self.worked: list[str] = []
        self.during: Callable[[str], None] = lambda unit: None

    def plan(self, request: RunRequest) -> Sequence[ChunkPlan]:
        return self.plans

    def work(self, units: Sequence[Mapping[str, Any]], work: Work) -> None:
        for unit in units[work.position :]:
            work.checkpoint()
            name = str(unit["name"])
            self.during(name)
            self.worked.append(name)
            work.done(rows=10, symbol=name)


@pytest.fixture
def phases(monkeypatch: Any) -> dict[str, MadeUp]:
    """The four phases of a daily run, made up."""
    made = {name: MadeUp(name) for name in DAILY}
    for module in ("chunk_work", "worker"):
        monkeypatch.setattr(
            f"admin_processing.runs.{module}.phase_named", made.__getitem__, raising=False
        )
    assert registry.MODULES.keys() >= made.keys()
    return made


@pytest.fixture(autouse=True)
def nobody_is_woken(monkeypatch: Any) -> list[str]:
    """Tests work by themselves; what would be sent to a broker is noted."""
    sent: list[str] = []
    monkeypatch.setattr("admin_processing.runs.wake.wake_worker", lambda task: sent.append(task))
    return sent


def ask(**asked: Any) -> str:
    """Queue a run that does not ask whether today is a session."""
    request = parse({"skip_market_check": True, **asked})
    return triggers.trigger(request, "daily", TESTER).run_id


def row(run_id: str, *names: str) -> Any:
    """Columns of a run."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(names)} FROM processing_runs WHERE run_id = %s", [run_id]
        )
        found = cursor.fetchone()
    return found[0] if len(names) == 1 else found


def counts(run_id: str) -> dict[str, Any]:
    found = row(run_id, "counts")
    return json.loads(found) if isinstance(found, str) else found


class Ear:
    """What is published of runs while the block lasts, in order."""

    def __init__(self, client: redis.Redis) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._listener = client.pubsub(ignore_subscribe_messages=True)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Ear:
        self._listener.psubscribe(*(f"tickstock:{part}:*" for part in ("processing", *DAILY)))
        self._listener.get_message(timeout=1)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._listener.close()

    def _listen(self) -> None:
        quiet = 0
        while quiet < 3:
            message = self._listener.get_message(timeout=0.1)
            quiet = quiet + 1 if message is None and self._over.is_set() else 0
            if message is not None and not message["channel"].endswith(b":streaming"):
                channel = message["channel"].decode()
                self.heard.append((channel, json.loads(message["data"])))

    def types(self) -> list[str]:
        """The types of what was heard, each run of the same one once."""
        found: list[str] = []
        for _, event in self.heard:
            if not found or found[-1] != event["type"]:
                found.append(event["type"])
        return found


@pytest.fixture
def ear(redis_client: redis.Redis) -> Iterator[Ear]:
    with Ear(redis_client) as ear:
        yield ear
