"""Redis answers, keeps what it is given, and refuses rather than forgets."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings

from tickstock_site.preflight.outcome import OWN_SERVICES, Abort, manage
from tickstock_site.preflight.request import StartRequest

TIMEOUT_SECS = 3.0
WHY = "the journal of ticks, the events and the work queue live in Redis"
REPAIR = manage("preflight", "--repair", "redis")


def check_redis(request: StartRequest) -> str:
    """Reachable, `noeviction`, append-only file on. Raises Abort."""
    info = ask(settings.REDIS_URL)
    policy = info.get("maxmemory_policy")
    if policy != "noeviction":
        raise Abort(
            f"Redis at {place()} has maxmemory-policy {policy}, not noeviction",
            "an evicted journal entry would be a tick lost without a trace",
            REPAIR,
        )
    if not info.get("aof_enabled"):
        raise Abort(
            f"Redis at {place()} has its append-only file off",
            "after a crash of Redis the journal must still be there",
            REPAIR,
        )
    return f"Redis {info['redis_version']} at {place()}"


def ask(url: str) -> dict[str, Any]:
    """What Redis says of itself. Raises Abort where it does not answer."""
    try:
        with redis.Redis.from_url(
            url, socket_timeout=TIMEOUT_SECS, socket_connect_timeout=TIMEOUT_SECS
        ) as client:
            return client.info()
    except redis.AuthenticationError:
        raise Abort(f"Redis at {place()} refuses the password", WHY, OWN_SERVICES) from None
    except (redis.RedisError, OSError) as error:
        raise Abort(f"no Redis at {place()}: {_first_line(error)}", WHY, OWN_SERVICES) from None
    except ValueError:
        what = "REDIS_URL is no Redis address (redis://:password@host:6379/0)"
        raise Abort(what, WHY, OWN_SERVICES) from None


def place() -> str:
    """Host and port of the configured Redis, without its password."""
    try:
        parts = urlsplit(settings.REDIS_URL)
        return f"{parts.hostname or parts.path}:{parts.port or 6379}"
    except ValueError:
        return "REDIS_URL"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
