"""What `preflight --repair` puts right, so that a recovery is one command on any machine."""

from __future__ import annotations

from collections.abc import Callable

import redis
from django.conf import settings
from psycopg import sql

from tickstock_site.preflight.database_checks import OWNER, connect
from tickstock_site.preflight.grants_check import excess, privileges
from tickstock_site.preflight.redis_checks import ask


def repair_redis() -> str:
    """`noeviction` and the append-only file, also in Redis' own configuration file."""
    ask(settings.REDIS_URL)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("appendonly", "yes")
        try:
            client.config_rewrite()
        except redis.ResponseError as error:
            return f"Redis keeps this until it restarts ({error}): set it in its redis.conf too"
    return "Redis: maxmemory-policy noeviction, appendonly yes"


def repair_timescaledb() -> str:
    """The extension, made by the database's owner."""
    with connect(OWNER) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    return "TimescaleDB is there"


def repair_grants() -> str:
    """Takes privileges back that no role should have, and gives those of the migrations."""
    from market import grants

    with connect(OWNER) as connection:
        too_many = excess(privileges(connection))
        for role, privilege, table in too_many:
            connection.execute(
                sql.SQL("REVOKE {} ON {} FROM {}, PUBLIC").format(
                    sql.SQL(privilege), sql.Identifier(table), sql.Identifier(role)
                )
            )
        connection.execute(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ohlcv_1min TO {grants.READWRITE}"
        )
        connection.execute(grants.sign_in(grants.SIGN_IN_TABLES))
    return f"Grants: {len(too_many)} taken back"


REPAIRS: dict[str, Callable[[], str]] = {
    "redis": repair_redis,
    "timescaledb": repair_timescaledb,
    "grants": repair_grants,
}
