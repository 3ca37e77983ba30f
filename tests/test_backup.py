"""The backup of docs/operations.md, taken and restored."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.chaos.conftest import FREE_REDIS_DB
from tests.chaos.conftest import services as named_services
from tests.chaos.home import PROJECT, Home, with_path

pytestmark = [pytest.mark.slow]

RESTORED = "test_restored"
BAR = """
INSERT INTO ohlcv_1min (symbol, "timestamp", open, high, low, close, volume)
VALUES ('AAPL', '2026-11-20 15:00Z', 1, 3, 0.5, 2, 100)
"""
BARS = "SELECT symbol, open, high, low, close, volume FROM ohlcv_1min"


def services(*command: str, **streams: object) -> str:
    """What a `bin/services` command prints; it must succeed."""
    done = subprocess.run(
        [str(PROJECT / "bin" / "services"), *command],
        check=True,
        capture_output="stdout" not in streams,
        timeout=100,
        **streams,  # type: ignore[call-overload]
    )
    return (done.stdout or b"").decode().strip()


HYPERTABLES = "SELECT hypertable_name::text FROM timescaledb_information.hypertables ORDER BY 1"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A database of its own; Redis has no part in this."""
    base = os.environ.get("TICKSTOCK_TEST_DB", "test_tickstock")
    named = named_services()
    url = with_path(named["REDIS_URL"], str(FREE_REDIS_DB))
    home = Home.make(f"{base}_backup", tmp_path, {**named, "REDIS_URL": url})
    yield home
    home.drop()


def test_a_dump_that_is_restored_has_every_bar_and_every_grant(home: Home, tmp_path: Path) -> None:
    with psycopg.connect(home.env["DATABASE_READWRITE_URL"]) as stream:
        stream.execute(BAR)
    dump = tmp_path / "tickstock.dump"
    with dump.open("wb") as file:
        services("postgres", "pg_dump", "-Fc", home.env["DATABASE_URL"], stdout=file)

    superuser = with_path(services("superuser"), RESTORED)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        owner.execute(f"DROP DATABASE IF EXISTS {RESTORED} WITH (FORCE)")
        owner.execute(f"CREATE DATABASE {RESTORED}")
        try:
            restore(superuser, dump)
            look(home)
        finally:
            owner.execute(f"DROP DATABASE {RESTORED} WITH (FORCE)")


def restore(superuser: str, dump: Path) -> None:
    """The steps of the page."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        connection.execute("SELECT timescaledb_pre_restore()")
    with dump.open("rb") as file:
        services("postgres", "pg_restore", "-d", superuser, stdin=file)
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("SELECT timescaledb_post_restore()")


def hypertables(home: Home) -> list[tuple[str]]:
    """Those of the database that was dumped."""
    with psycopg.connect(home.env["DATABASE_READONLY_URL"]) as reader:
        found = reader.execute(HYPERTABLES).fetchall()
    assert ("ohlcv_1min",) in found
    return found


def look(home: Home) -> None:
    """The bar is there, in a hypertable, and the roles may what they may."""
    with psycopg.connect(with_path(home.env["DATABASE_READONLY_URL"], RESTORED)) as reader:
        assert reader.execute(BARS).fetchall() == [("AAPL", 1.0, 3.0, 0.5, 2.0, 100.0)]
        assert reader.execute(HYPERTABLES).fetchall() == hypertables(home)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("DELETE FROM ohlcv_1min")
    with psycopg.connect(with_path(home.env["DATABASE_READWRITE_URL"], RESTORED)) as stream:
        stream.execute(BAR.replace("AAPL", "MSFT"))
