"""Inside a benchmark's process: Django, an empty stage, cores."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from benchmarks.stage import STAGE

TABLES = (
    "ohlcv_1min",
    "ohlcv_rolled",
    "ohlcv_daily",
    "intraday_indicator_values",
    "daily_indicator_values",
    "intraday_patterns",
    "daily_patterns",
    "combo_patterns",
    "event_outbox",
    "integration_events",
    "stream_positions",
    "streaming_sessions",
    "feed_gaps",
)


def set_up_django(process: str = "stream") -> None:
    """Django as the named process has it, so that its role's rights are what is measured."""
    os.environ["TICKSTOCK_PROCESS"] = process
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tickstock_site.settings")
    import django

    django.setup()


def redis_client() -> Any:
    """A client as `stream_ticks` makes it."""
    import redis
    from django.conf import settings

    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5)


def refuse_a_database_in_use() -> None:
    """Raise SystemExit unless the environment names the stage's own servers: they get emptied."""
    used = f"{os.environ.get('DATABASE_URL')} {os.environ.get('REDIS_URL')}"
    if os.environ.get(STAGE) != used:
        raise SystemExit(
            "A benchmark empties what it runs against, so it runs on a stage of its own alone. "
            "Run it so: bin/bench NAME"
        )


def clear() -> None:
    """Empty tables and an empty Redis."""
    import psycopg

    refuse_a_database_in_use()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
    redis_client().flushdb()


def refresh_statistics() -> None:
    """What autovacuum does each minute: here minutes pass in less than a second."""
    import psycopg

    refuse_a_database_in_use()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"ANALYZE {', '.join(TABLES)}")


@contextlib.contextmanager
def quiet_core() -> Iterator[None]:
    """This process on one core, Redis and PostgreSQL on the others, set as a stream is."""
    from django.db import connection

    from benchmarks.cores import alone_on_a_core, server_pids
    from streaming import interpreter

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    redis_pid = redis_client().info("server")["process_id"]
    interpreter.settle()
    with alone_on_a_core(server_pids(redis_pid, backend)):
        yield
