"""The database `tickstock` and its four login roles.

What each role may do with which table is granted by the migrations.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from . import environment, postgres
from .environment import DATABASE
from .errors import ServiceError
from .state import OWNER, READONLY, READWRITE, WEB, State


def connect(url: str) -> psycopg.Connection:
    """A connection whose statements each stand alone: CREATE DATABASE allows no transaction."""
    return psycopg.connect(url, autocommit=True, connect_timeout=10)


def prepare_own(state: State, storage: str) -> None:
    """On our own server: make whatever of it is missing. Safe to repeat."""
    with connect(postgres.superuser_url(state)) as connection:
        for role in (OWNER, READWRITE, READONLY, WEB):
            _ensure_role(connection, role, state.passwords[role])
        # So that a test database goes away even while another role is connected.
        connection.execute(f"ALTER ROLE {OWNER} CREATEDB")
        connection.execute(f"GRANT pg_signal_backend TO {OWNER}")
        if not _one(connection, "SELECT FROM pg_database WHERE datname = %s", DATABASE):
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    if storage == "timescaledb":
        with connect(postgres.superuser_url(state, DATABASE)) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")


def prepare_named(url: str, state: State) -> None:
    """On a server that the environment names: what its owner may do; else say what is missing."""
    try:
        with connect(url) as connection:
            _need_timescaledb(connection)
            _need_roles(connection, state, url)
    except psycopg.OperationalError as error:
        raise ServiceError(
            f"the database that DATABASE_URL names, {_place(url)}, does not answer",
            " ".join(str(error).split()),
            "start it or correct DATABASE_URL; unset it to use this checkout's own server",
        ) from None


def versions(url: str) -> tuple[str, str]:
    """What answers at the address: ("PostgreSQL 17.6", "TimescaleDB 2.19.3"), or empty texts."""
    query = "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"
    try:
        with connect(url) as connection:
            row = connection.execute(query).fetchone()
            number = connection.info.parameter_status("server_version") or ""
    except psycopg.OperationalError:
        return "", ""
    return f"PostgreSQL {number.split()[0]}", f"TimescaleDB {row[0]}" if row else "no TimescaleDB"


def _need_timescaledb(connection: psycopg.Connection) -> None:
    if environment.setting("TICKSTOCK_STORAGE") == "postgresql":
        return
    if _one(connection, "SELECT FROM pg_extension WHERE extname = %s", "timescaledb"):
        return
    try:
        connection.execute("CREATE EXTENSION timescaledb")
    except psycopg.Error as error:
        raise ServiceError(
            "the database that DATABASE_URL names has no TimescaleDB",
            f"bars are kept in hypertables ({error.diag.message_primary})",
            "have an administrator run there: CREATE EXTENSION timescaledb; "
            "or export TICKSTOCK_STORAGE=postgresql to use plain tables",
        ) from None


def _need_roles(connection: psycopg.Connection, state: State, url: str) -> None:
    """Make the roles that do not answer at their addresses, as far as the owner may."""
    addresses = environment.exports(state)
    missing = [
        (name, role)
        for name, role in environment.ROLE_OF.items()
        if name != "DATABASE_URL" and not _answers(addresses[name])
    ]
    refused = []
    for name, role in missing:
        try:
            if environment.named(name, state):
                raise psycopg.errors.InvalidPassword(f"{name} is named, and does not answer")
            _ensure_role(connection, role, state.passwords[role])
        except psycopg.Error:
            refused.append((name, role))
    if refused:
        raise _for_an_administrator(refused, url)


def _for_an_administrator(refused: list[tuple[str, str]], url: str) -> ServiceError:
    statements = [f"CREATE ROLE {role} LOGIN PASSWORD '...';" for _, role in refused]
    database = urlsplit(url).path.lstrip("/")
    statements += [f"GRANT CONNECT ON DATABASE {database} TO {role};" for _, role in refused]
    names = ", ".join(name for name, _ in refused)
    return ServiceError(
        f"roles cannot be reached or made at {_place(url)}: "
        + ", ".join(role for _, role in refused),
        "each process has a role of its own, and DATABASE_URL's role may not create them",
        f"have an administrator run there: {' '.join(statements)} then export {names}",
    )


def _ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    exists = _one(connection, "SELECT FROM pg_roles WHERE rolname = %s", role)
    verb = sql.SQL("ALTER ROLE" if exists else "CREATE ROLE")
    statement = sql.SQL("{} {} LOGIN PASSWORD {}")
    connection.execute(statement.format(verb, sql.Identifier(role), sql.Literal(password)))


def _one(connection: psycopg.Connection, query: str, value: str) -> bool:
    return connection.execute(query, [value]).fetchone() is not None


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def _place(url: str) -> str:
    """The address without its password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 5432}{parts.path}"
