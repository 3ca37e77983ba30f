"""PostgreSQL, its extension, its roles, its tables."""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings
from django.db import ProgrammingError, connections
from django.db.migrations.executor import MigrationExecutor

from tickstock_site.env import env_secret
from tickstock_site.preflight.outcome import OWN_SERVICES, Abort, manage
from tickstock_site.preflight.request import StartRequest
from tickstock_site.processes import URL_OF_ROLE, parse_database_url

TIMEOUT_SECS = 3
WHY = "bars, detections, sessions and sign-ins are stored in PostgreSQL"
EXTENSION = "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"
AVAILABLE = "SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'"
OWNER = "app_owner"


def check_database(request: StartRequest) -> str:
    """The database answers the web's role, with TimescaleDB where that is wanted. Raises Abort."""
    with connect("app_web") as connection:
        version = (connection.info.parameter_status("server_version") or "").split()[0]
        extension = connection.execute(EXTENSION).fetchone()
        if extension is None and settings.TICKSTOCK_STORAGE == "timescaledb":
            raise _no_timescaledb(connection.execute(AVAILABLE).fetchone() is not None)
    storage = "TimescaleDB " + extension[0] if extension else "plain tables"
    return f"PostgreSQL {version} with {storage} at {place('app_web')}"


def _no_timescaledb(available: bool) -> Abort:
    plain = "export TICKSTOCK_STORAGE=postgresql && " + manage("migrate")
    return Abort(
        f"the database at {place('app_web')} has no TimescaleDB",
        "bars are kept in its hypertables, unless TICKSTOCK_STORAGE=postgresql asks for plain ones",
        manage("preflight", "--repair", "timescaledb") if available else plain,
    )


def check_roles(request: StartRequest) -> str:
    """Each role logs in as itself. Raises Abort. `app_owner`'s address may be kept elsewhere."""
    expected = [role for role in URL_OF_ROLE if role != OWNER or env_secret(URL_OF_ROLE[role])]
    for role in expected:
        with connect(role) as connection:
            user = connection.info.user
        if user != role:
            raise Abort(
                f"{URL_OF_ROLE[role]} logs in as {user}, not as {role}",
                "each process may do no more than its own role's grants",
                OWN_SERVICES,
            )
    return f"Roles {', '.join(expected)} log in"


def check_migrations(request: StartRequest) -> str:
    """No migration waits. Raises Abort."""
    connection = connections["default"]
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        count = len(executor.loader.applied_migrations)
    except ProgrammingError:  # no grant yet to look: none has been applied
        raise _pending("all of them") from None
    finally:
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
    if waiting:
        names = [f"{migration.app_label}.{migration.name}" for migration, _ in waiting]
        raise _pending(", ".join(names[:4]) + (", …" if len(names) > 4 else ""))
    return f"Migrations: all {count} applied"


def _pending(which: str) -> Abort:
    return Abort(
        f"migrations have not been applied: {which}",
        "the tables must be those that this version reads and writes",
        manage("migrate") + " && " + manage("load_universes"),
    )


def connect(role: str) -> psycopg.Connection[Any]:
    """A connection as `role`, by its address in the environment. Raises Abort."""
    name = URL_OF_ROLE[role]
    url = env_secret(name)
    if not url:
        raise Abort(f"{name} is not set", f"{role} logs in there: {WHY}", OWN_SERVICES)
    try:
        parts = parse_database_url(name, url)
        return psycopg.connect(**{**parts, "connect_timeout": TIMEOUT_SECS}, autocommit=True)
    except psycopg.OperationalError as error:
        raise Abort(_what(role, str(error)), WHY, OWN_SERVICES) from None


def place(role: str) -> str:
    """host:port/database of a role's address, without its password."""
    parts = parse_database_url(URL_OF_ROLE[role], env_secret(URL_OF_ROLE[role]))
    host, port = parts.get("host", "127.0.0.1"), parts.get("port", 5432)
    return f"{host}:{port}/{parts.get('dbname', '')}"


def _what(role: str, message: str) -> str:
    """What went wrong, from the driver's message."""
    where = place(role)
    if "authentication failed" in message:
        return f"the database at {where} refuses the password of {role}"
    if "database" in message and "does not exist" in message:
        return f"there is no database at {where}"
    if "role" in message and "does not exist" in message:
        return f"the database at {where} has no role {role}"
    return f"no PostgreSQL at {where}: {' '.join(message.split())}"
