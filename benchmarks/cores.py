"""One core for what is measured, the others for the servers it talks to."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import psutil

MEASURED_CORE = 0


def others() -> set[int]:
    """Every core but the measured one; that one, where it is the only one."""
    return set(range(os.cpu_count() or 1)) - {MEASURED_CORE} or {MEASURED_CORE}


@contextlib.contextmanager
def alone_on_a_core(servers: list[int]) -> Iterator[None]:
    """This process, with all its threads to come, on one core; `servers` (pids) on the others.

    A server of somebody else's can not be moved, and need not be: it is then left where it is.
    """
    before = os.sched_getaffinity(0)
    moved = {pid: _affinity(pid) for pid in servers}
    os.sched_setaffinity(0, {MEASURED_CORE})
    for pid in moved:
        _move(pid, others())
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
        for pid, affinity in moved.items():
            _move(pid, affinity)


def _affinity(pid: int) -> set[int]:
    try:
        return os.sched_getaffinity(pid)
    except OSError:
        return set()


def _move(pid: int, cores: set[int]) -> None:
    with contextlib.suppress(OSError):
        if cores:
            os.sched_setaffinity(pid, cores)


def server_pids(redis_pid: int, postgres_backend: int) -> list[int]:
    """Redis and PostgreSQL with all its processes, where they run on this machine."""
    found = [redis_pid] if _is_called(redis_pid, "redis") else []
    if _is_called(postgres_backend, "postgres"):
        with contextlib.suppress(psutil.Error):
            parent = psutil.Process(postgres_backend).parent()
            if parent is not None:
                found += [parent.pid, *(child.pid for child in parent.children())]
    return found


def _is_called(pid: int, name: str) -> bool:
    try:
        return name in psutil.Process(pid).name()
    except psutil.Error:
        return False
