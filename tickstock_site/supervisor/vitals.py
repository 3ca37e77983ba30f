"""How each process is: memory, CPU, and how far behind things are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psutil
import redis

MEGABYTE = 1_048_576
CELERY_QUEUES = ("celery",)


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What the supervisor knows of a process; `pid` None while it is not up."""

    name: str
    pid: int | None
    restarts: int
    uptime_secs: float
    finished: bool = False


class VitalsMeter:
    """Measures processes with all that they started; CPU is that since the last measuring."""

    def __init__(self) -> None:
        self._known: dict[int, psutil.Process] = {}

    def measure(self, states: Iterable[ProcessState]) -> dict[str, dict[str, Any]]:
        """Process name → up, pid, memory_mb, cpu_percent, restarts, uptime_seconds."""
        seen: dict[int, psutil.Process] = {}
        figures = {state.name: self._figures(state, seen) for state in states}
        self._known = seen
        return figures

    def _figures(self, state: ProcessState, seen: dict[int, psutil.Process]) -> dict[str, Any]:
        memory, cpu = 0.0, 0.0
        for process in self._family(state.pid):
            known = self._known.get(process.pid, process)
            known = known if known == process else process  # a pid may come back as another
            seen[process.pid] = known
            try:
                memory += memory_bytes(known) / MEGABYTE
                cpu += known.cpu_percent()
            except psutil.Error:
                continue
        return {
            "up": state.pid is not None,
            "finished": state.finished,
            "pid": state.pid,
            "memory_mb": round(memory, 1),
            "cpu_percent": round(cpu, 1),
            "restarts": state.restarts,
            "uptime_seconds": round(state.uptime_secs, 1),
        }

    def _family(self, pid: int | None) -> list[psutil.Process]:
        if pid is None:
            return []
        try:
            leader = psutil.Process(pid)
            return [leader, *leader.children(recursive=True)]
        except psutil.Error:
            return []


def memory_bytes(process: psutil.Process) -> int:
    """What the process takes; pages that several share count for each by its part (Linux)."""
    full = process.memory_full_info()
    return getattr(full, "pss", 0) or full.rss


def queue_lengths(client: redis.Redis) -> dict[str, int]:
    """Celery tasks that wait for a worker, by queue."""
    return {name: int(client.llen(name)) for name in CELERY_QUEUES}


def lag_of(stream_health: str | bytes | None) -> dict[str, int | None]:
    """How far the stream is behind its feed, and behind its database, by its own last health."""
    try:
        health: Mapping[str, Any] = json.loads(stream_health) if stream_health else {}
    except ValueError:
        health = {}
    health = health.get("health", health)
    return {name: health.get(name) for name in ("feed_lag_ms", "pending_minutes")}
