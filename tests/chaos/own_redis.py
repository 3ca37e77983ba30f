"""A Redis server of the tests' own, from wherever this checkout's services come from.

Pub/Sub knows no databases: what a stream publishes is heard by every listener of its server. And
only a server of our own may be killed.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import redis
from _services import state, ways
from _services.ways import Way


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class OwnRedis:
    """A server with an append-only file, that can be killed and started again."""

    def __init__(self, way: Way) -> None:
        self._way, self.port = way, free_port()
        self._name = f"test-redis-{os.getpid()}-{self.port}"
        self._folder: Path = way.folder / self._name
        self._folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(self._folder, *way.redis_user)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start, and wait until what was appended is loaded."""
        options = {
            "--port": str(self.port),
            "--bind": "127.0.0.1",
            "--dir": f"{self._way.sandbox.home()}/{self._name}",
            "--save": "",
            "--appendonly": "yes",
            "--appendfsync": "everysec",
            "--maxmemory-policy": "noeviction",
        }
        arguments = [word for pair in options.items() for word in pair]
        command = self._way.sandbox.command(
            self._way.redis_user, self._way.redis_server, *arguments
        )
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        until = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < until, "the tests' own Redis does not start"
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def kill(self) -> None:
        """As a power cut would."""
        with redis.Redis.from_url(self.url) as client:
            server = int(client.info("server")["process_id"])
        assert self._process is not None
        # In a namespace of its own the server's number is another than ours for it.
        os.kill(server if self._is_ours(server) else self._process.pid, 9)
        self._process.wait(10)

    def _is_ours(self, pid: int) -> bool:
        command = Path(f"/proc/{pid}/cmdline")
        return command.exists() and str(self.port).encode() in command.read_bytes()

    def close(self) -> None:
        """End for good, and leave nothing behind."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def own_redis() -> OwnRedis | None:
    """A fresh server, or None where this checkout's services do not come with one."""
    way = ways.reopen(state.load())
    return OwnRedis(way) if way is not None else None
