"""The embedded way: the same product on plain PostgreSQL, where nothing can be installed."""

from __future__ import annotations

import psycopg
import pytest

from tests.bin.checkout import Checkout

pytestmark = [pytest.mark.slow]

MIGRATED_KEYS = """
    SELECT count(*) FROM pg_indexes
    WHERE tablename = 'ohlcv_1min' AND indexdef LIKE 'CREATE UNIQUE INDEX%(symbol, "timestamp")%'
"""


def test_it_says_that_there_is_no_timescaledb(embedded: Checkout) -> None:
    status = embedded.services("status")
    assert status.returncode == 0
    assert "services: embedded (" in status.stdout
    assert "no TimescaleDB" in status.stdout
    assert embedded.env()["TICKSTOCK_STORAGE"] == "postgresql"


def test_the_migrations_make_the_same_tables_with_the_same_keys(embedded: Checkout) -> None:
    exported = embedded.env()
    migrate = (".venv/bin/python", "manage.py", "migrate", "--noinput")
    done = embedded.run(*migrate, env=embedded.environment(**exported))
    assert done.returncode == 0, done.stderr
    with psycopg.connect(exported["DATABASE_URL"]) as connection:
        keys = connection.execute(MIGRATED_KEYS).fetchone()
    assert keys is not None
    assert keys[0] >= 1


def test_the_next_start_keeps_the_way_unless_another_is_asked_for(embedded: Checkout) -> None:
    assert embedded.start(TICKSTOCK_SERVICES="") == ""
    assert "services: embedded (" in embedded.services("status").stdout


def test_an_unknown_way_is_refused_with_what_is_allowed(embedded: Checkout) -> None:
    done = embedded.services("start", TICKSTOCK_SERVICES="docker")
    assert done.returncode == 1
    assert "TICKSTOCK_SERVICES is 'docker'" in done.stderr
    assert "system, tree, embedded" in done.stderr
