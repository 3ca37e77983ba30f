"""What the benchmarks run against: a database and a Redis of their own, gone afterwards.

The database is made on the server that DATABASE_URL names. Redis is a second server, started for
the time being: Pub/Sub knows no databases, so events sent through the one in use would reach the
dashboards that are open. Where none can be started, database 8 of REDIS_URL serves.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis
from psycopg import sql

PROJECT = Path(__file__).resolve().parents[1]
DATABASE_VARIABLES = (
    "DATABASE_URL",
    "DATABASE_READWRITE_URL",
    "DATABASE_READONLY_URL",
    "DATABASE_WEB_URL",
)
STAGE = "TICKSTOCK_BENCH_STAGE"
"""Holds the stage's own URLs: what a benchmark may empty."""
SHARED_REDIS_DATABASE = 8
START_SECS = 20.0

Environment = dict[str, str]


@contextlib.contextmanager
def stage() -> Iterator[Environment]:
    """Environment variables of a migrated, empty database and an empty Redis."""
    missing = [name for name in (*DATABASE_VARIABLES, "REDIS_URL") if not os.environ.get(name)]
    if missing:
        raise SystemExit(
            f"{', '.join(missing)} not set. Run bin/bench, or first: "
            'eval "$(bin/services start && bin/services env)"'
        )
    with own_database() as database, own_redis() as redis_url:
        environment = {**os.environ, **database, "REDIS_URL": redis_url, "LOG_LEVEL": "WARNING"}
        environment[STAGE] = f"{database['DATABASE_URL']} {redis_url}"
        for command in ("migrate", "load_universes"):
            manage(environment, command)
        yield environment


def manage(environment: Environment, *command: str) -> None:
    """Run one management command; what it says is shown if it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"manage.py {command[0]} failed:\n{done.stdout.decode(errors='replace')}")


@contextlib.contextmanager
def own_database() -> Iterator[Environment]:
    """The URLs of a new database, for every role; it is dropped afterwards."""
    name = f"tickstock_bench_{secrets.token_hex(4)}"
    owner = os.environ["DATABASE_URL"]
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield {
            variable: urlsplit(os.environ[variable])._replace(path=f"/{name}").geturl()
            for variable in DATABASE_VARIABLES
        }
    finally:
        with psycopg.connect(owner, autocommit=True) as connection:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            connection.execute(drop)


@contextlib.contextmanager
def own_redis() -> Iterator[str]:
    """The URL of an empty Redis, with the settings of the real one."""
    server = _launch_redis()
    if server is None:
        url = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{SHARED_REDIS_DATABASE}").geturl()
        try:
            yield url
        finally:
            redis.Redis.from_url(url).flushdb()
        return
    process, url = server
    try:
        _await_redis(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _launch_redis() -> tuple[subprocess.Popen[bytes], str] | None:
    """A Redis of the kind that `bin/services` runs, or None where it runs none itself."""
    sys.path.append(str(PROJECT / "bin"))
    from _services import redis_server, state, ways

    saved = state.load()
    way = ways.reopen(saved)
    if way is None:
        return None
    folder = way.folder.resolve() / f"bench-{secrets.token_hex(4)}"
    own = replace(way, sandbox=replace(way.sandbox, data=folder))
    port = state.free_port(set(saved.ports.values()))
    password = secrets.token_urlsafe(16)
    folder.mkdir(mode=0o755)
    (folder / "data").mkdir()
    configuration = folder / "redis.conf"
    home = own.sandbox.home()
    configuration.write_text(
        redis_server.CONF.format(port=port, password=password, dir=f"{home}/data")
    )
    if os.geteuid() == 0:
        for path in (folder, folder / "data", configuration):
            os.chown(path, *own.redis_user)
    command = own.sandbox.command(own.redis_user, own.redis_server, f"{home}/redis.conf")
    process = subprocess.Popen(
        _with_clearing(command, folder),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return process, f"redis://:{password}@127.0.0.1:{port}/0"


def _with_clearing(command: list[str], folder: Path) -> list[str]:
    """The command, whose folder is deleted when it ends; SIGTERM reaches it."""
    script = 'folder=$1; shift; "$@" & trap "kill $!" TERM INT; wait $!; wait; rm -rf "$folder"'
    return ["sh", "-c", script, "redis", str(folder), *command]


def _await_redis(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECS
    with redis.Redis.from_url(url) as client:
        while process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(redis.RedisError):
                client.ping()
                return
            time.sleep(0.05)
    raise SystemExit("the benchmarks' Redis did not start; see bin/services status")
