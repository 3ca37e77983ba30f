"""Where the other processes show in Redis that they live, and since when they last did."""

from __future__ import annotations

import json
import time
from typing import Any

PREFIX = "tickstock:heartbeat:"
EXPIRES_SECS = 20


def is_alive(client: Any, process: str) -> bool:
    """Whether `worker`, `beat` or `jobs` lives; a key that it renews expires by itself.

    Raises redis.RedisError.
    """
    return client.get(PREFIX + process) is not None


def heartbeat(pid: int) -> str:
    """What a process writes under its key."""
    return json.dumps({"time_ms": round(time.time() * 1000), "pid": pid})
