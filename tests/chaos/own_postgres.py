"""A PostgreSQL server of the tests' own, from wherever this checkout's services come from.

Only a server of our own may be killed or restarted.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import replace

from _services import postgres, processes, roles, state, ways
from _services.state import OWNER, READONLY, READWRITE, WEB, State
from _services.ways import Way

from tests.chaos.own_redis import free_port

URLS = {
    "DATABASE_URL": OWNER,
    "DATABASE_READWRITE_URL": READWRITE,
    "DATABASE_READONLY_URL": READONLY,
    "DATABASE_WEB_URL": WEB,
}
START_SECS = 30.0


class OwnPostgres:
    """A server with TimescaleDB and the four roles, that can be killed and started again."""

    def __init__(self, way: Way) -> None:
        folder = way.folder.resolve() / f"test-postgres-{os.getpid()}-{secrets.token_hex(3)}"
        folder.mkdir(mode=0o755)
        self._way = replace(way, sandbox=replace(way.sandbox, data=folder))
        known = state.load()
        names = ("postgres", OWNER, READWRITE, READONLY, WEB)
        self._state: State = replace(
            known,
            ports={**known.ports, "postgres": free_port()},
            passwords={**known.passwords, **{name: secrets.token_urlsafe(12) for name in names}},
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        roles.prepare_own(self._state, way.storage)

    def start(self) -> None:
        """Start, and wait until what was written is recovered."""
        self._process = postgres.start(self._way, self._state)
        until = time.monotonic() + START_SECS
        while not postgres.version(self._state):
            assert time.monotonic() < until, "the tests' own PostgreSQL does not start"
            time.sleep(0.1)

    def kill(self) -> None:
        """As a power cut would: every process of it, at once."""
        server = processes.main_process(postgres.data(self._way), postgres.PROGRAM)
        assert server, "the tests' own PostgreSQL is down already"
        os.kill(server, signal.SIGKILL)
        self._wait_until_gone()

    def stop(self) -> None:
        """As an operator would: sessions are ended, and everything is written."""
        postgres.stop(self._way.folder)
        self._reap()

    def _wait_until_gone(self) -> None:
        until = time.monotonic() + START_SECS
        while processes.main_process(postgres.data(self._way), postgres.PROGRAM):
            assert time.monotonic() < until, "the tests' own PostgreSQL does not go"
            time.sleep(0.05)
        self._reap()

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait(START_SECS)

    @property
    def urls(self) -> dict[str, str]:
        """The roles' addresses, as the environment has them."""
        port, words = self._state.ports["postgres"], self._state.passwords
        return {
            name: f"postgresql://{role}:{words[role]}@127.0.0.1:{port}/tickstock"
            for name, role in URLS.items()
        }

    def close(self) -> None:
        """End for good, and leave nothing behind."""
        processes.clear(postgres.data(self._way), postgres.PROGRAM)
        self._reap()
        shutil.rmtree(self._way.folder, ignore_errors=True)


def own_postgres() -> OwnPostgres | None:
    """A fresh server, or None where this checkout's services do not come with one."""
    way = ways.reopen(state.load())
    return OwnPostgres(way) if way is not None else None
