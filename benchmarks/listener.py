"""Somebody who listens to every event: `python -m benchmarks.listener`, until it is ended."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

PATTERN = "tickstock:*"


@contextlib.contextmanager
def listening() -> Iterator[None]:
    """Have every event go to a subscriber in another process while the block runs."""
    from benchmarks.cores import others
    from benchmarks.shared import redis_client

    heard = subprocess.Popen([sys.executable, "-m", "benchmarks.listener"], stdin=subprocess.PIPE)
    try:
        _pin(heard.pid, others())
        client = redis_client()
        while not client.publish("tickstock:streaming:hello", b"{}"):
            if heard.poll() is not None:
                raise SystemExit("the listener could not be started")
        yield
    finally:
        heard.terminate()
        heard.wait(10)


def _pin(pid: int, cores: set[int]) -> None:
    import os

    with contextlib.suppress(OSError):
        os.sched_setaffinity(pid, cores)


def main() -> None:
    """Subscribe, and take bytes without looking at them: what is measured is the sender."""
    import os

    import redis

    with redis.Redis.from_url(os.environ["REDIS_URL"]).pubsub() as channel:
        channel.psubscribe(PATTERN)
        channel.get_message(timeout=5)
        connection: Any = channel.connection
        connection._sock.settimeout(None)
        while connection._sock.recv(1 << 16):
            pass


if __name__ == "__main__":
    main()
