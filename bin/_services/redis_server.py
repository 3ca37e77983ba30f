"""The checkout's own Redis: configured, started, stopped."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import redis

from . import environment, processes
from .state import State
from .ways import Way

PROGRAM = "redis-server"

# The journal of ticks lives here: nothing may be evicted, and a crash may cost
# one second at most.
CONF = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
daemonize no
dir {dir}
logfile ""
loglevel notice
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


def start(way: Way, state: State) -> None:
    """Start the server if it is down, and wait until it answers."""
    if processes.main_process(data(way), PROGRAM):
        return
    processes.clear(data(way), PROGRAM)
    _configure(way, state)
    conf = f"{way.sandbox.home()}/redis/redis.conf"
    command = way.sandbox.command(way.redis_user, way.redis_server, conf)
    server = processes.launch(command, log(way))
    processes.wait_until_up(server, lambda: version(state) != "", "Redis", [log(way)])


def stop(folder: Path) -> None:
    """SIGTERM: the append-only file is flushed and closed."""
    processes.stop(folder / "redis", PROGRAM, signal.SIGTERM, patience_secs=30)


def data(way: Way) -> Path:
    return way.folder / "redis"


def log(way: Way) -> Path:
    return way.folder / "redis.log"


def version(state: State) -> str:
    """The running server's version, or "" if it does not answer (or is still loading)."""
    return version_at(environment.own_redis(state))


def version_at(url: str) -> str:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            return str(client.info("server")["redis_version"])
    except redis.RedisError:
        return ""


def _configure(way: Way, state: State) -> None:
    data(way).mkdir(mode=0o700, exist_ok=True)
    conf = data(way) / "redis.conf"
    conf.unlink(missing_ok=True)
    conf.touch(mode=0o600)
    conf.write_text(
        CONF.format(
            port=state.ports["redis"],
            password=state.passwords["redis"],
            dir=f"{way.sandbox.home()}/redis",
        )
    )
    if os.geteuid() == 0:
        for path in (data(way), conf):
            os.chown(path, *way.redis_user)
