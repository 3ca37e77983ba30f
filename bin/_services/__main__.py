"""The command `bin/services start|stop|status|env|superuser|postgres`."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence

from . import environment, postgres, processes, redis_server, roles, state, ways
from .errors import ServiceError
from .state import FOLDER, State
from .ways import Way

PLACES = {"postgres": postgres.data, "redis": redis_server.data}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bin/services",
        description="PostgreSQL with TimescaleDB, and Redis, for this checkout.",
    )
    commands = {
        "start": start,
        "stop": stop,
        "status": status,
        "env": env,
        "superuser": superuser,
    }
    parser.add_argument("command", choices=[*commands, "postgres"])
    parser.add_argument(
        "program", nargs=argparse.REMAINDER, help="postgres: a program of the server's version"
    )
    arguments = parser.parse_args()
    try:
        if arguments.command == "postgres":
            return run_postgres_program(arguments.program)
        return commands[arguments.command]()
    except ServiceError as error:
        print(error.report(), file=sys.stderr)
        return 1


def start() -> int:
    """Start what is down; quiet if nothing was."""
    with state.locked() as saved:
        database_url = environment.named("DATABASE_URL", saved)
        redis_url = environment.named("REDIS_URL", saved)
        if not (database_url and redis_url):
            start_own(saved, own_database=not database_url, own_redis=not redis_url)
        saved.save()
        if database_url:
            roles.prepare_named(database_url, saved)
        if redis_url and not redis_server.version_at(redis_url):
            raise ServiceError(
                "the Redis that REDIS_URL names does not answer",
                "ticks are journalled in it and events are sent through it",
                "start it or correct REDIS_URL; unset it to use this checkout's own server",
            )
    return 0


def start_own(saved: State, *, own_database: bool, own_redis: bool) -> None:
    way = ways.choose(saved, environment.setting("TICKSTOCK_SERVICES"))
    if saved.way and saved.way != way.name:
        stop_servers(saved.way)
    news = saved.way != way.name
    saved.way, saved.reason, saved.storage = way.name, way.reason, way.storage
    _keep_ports(way, saved)
    saved.save()
    if own_database:
        postgres.start(way, saved)
        roles.prepare_own(saved, way.storage)
    if own_redis:
        redis_server.start(way, saved)
    if news:
        print(f"services: {way.name} ({way.reason})", file=sys.stderr)


def _keep_ports(way: Way, saved: State) -> None:
    """A port for each server: the one it had, unless a stranger has taken it meanwhile."""
    for name, place in PLACES.items():
        if processes.main_process(place(way), PROGRAMS[name]):
            continue
        if name not in saved.ports or not state.is_free(saved.ports[name]):
            saved.ports[name] = state.free_port(set(saved.ports.values()))


PROGRAMS = {"postgres": postgres.PROGRAM, "redis": redis_server.PROGRAM}


def stop() -> int:
    """Stop this checkout's own servers; those that the environment names are left alone."""
    with state.locked():
        for name in ways.FINDERS:
            stop_servers(name)
    return 0


def stop_servers(way_name: str) -> None:
    """Redis first: what its clients still write to the database can then be written."""
    redis_server.stop(FOLDER / way_name)
    postgres.stop(FOLDER / way_name)


def status() -> int:
    """What is chosen and why, and each server. 0 only if all are up."""
    saved = state.load()
    database_url = environment.named("DATABASE_URL", saved)
    redis_url = environment.named("REDIS_URL", saved)
    if not saved.way and not (database_url and redis_url):
        print("services: not started yet (bin/services start)")
        return 1
    if saved.way:
        print(f"services: {saved.way} ({saved.reason})")
    up = [_database_status(database_url, saved), _redis_status(redis_url, saved)]
    return 0 if all(up) else 1


def _database_status(url: str, saved: State) -> bool:
    where = "named by DATABASE_URL" if url else f"127.0.0.1:{saved.ports['postgres']}"
    version, storage = roles.versions(environment.exports(saved)["DATABASE_URL"])
    print(f"postgresql  {'up  ' if version else 'down'}  {where}  {version} {storage}".rstrip())
    return bool(version)


def _redis_status(url: str, saved: State) -> bool:
    where = "named by REDIS_URL" if url else f"127.0.0.1:{saved.ports['redis']}"
    version = redis_server.version_at(url or environment.own_redis(saved))
    print(f"redis       {'up  ' if version else 'down'}  {where}  {version}".rstrip())
    return bool(version)


def env() -> int:
    """Lines for `eval "$(bin/services env)"`."""
    saved = state.load()
    named = all(environment.named(name, saved) for name in ("DATABASE_URL", "REDIS_URL"))
    if not saved.way and not named:
        raise ServiceError(
            "there are no services to name yet",
            "ports and passwords are made at the first start",
            "bin/services start",
        )
    for name, value in environment.exports(saved).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def superuser() -> int:
    """The address of this checkout's own server, and its database, as its superuser."""
    print(postgres.superuser_url(_own_way()[0], roles.DATABASE))
    return 0


def run_postgres_program(command: Sequence[str]) -> int:
    """Run a program such as pg_dump of the server's own version, on this terminal."""
    if not command:
        raise ServiceError(
            "no program is named",
            "it is run from the server's own installation",
            "bin/services postgres pg_dump --version",
        )
    _, way = _own_way()
    place = f"{way.postgres_bin}/{command[0]}"
    inside = ["chroot", f"{way.sandbox.root}/"] if way.sandbox.root else []
    return subprocess.run([*inside, place, *command[1:]], check=False).returncode


def _own_way() -> tuple[State, Way]:
    saved = state.load()
    way = ways.reopen(saved)
    if way is None:
        raise ServiceError(
            "this checkout has no servers of its own",
            "those that the environment names are somebody else's to open",
            "use their superuser and their programs, or bin/services start",
        )
    return saved, way


if __name__ == "__main__":
    sys.exit(main())
