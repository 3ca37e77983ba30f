"""A database that is made, and filled, by the recoveries that a wrong start names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.tickstock_site.preflight.starts import DATABASE, Start, drop, free_port, with_database
from tickstock_site.env import env_secret
from tickstock_site.processes import URL_OF_ROLE


@pytest.fixture(scope="session")
def environment() -> Iterator[dict[str, str]]:
    """The services' settings, with an empty database of these tests' own."""
    urls = {name: env_secret(name) for name in URL_OF_ROLE.values()}
    if not all(urls.values()):
        pytest.skip("the four DATABASE_…URL settings are not there: run bin/test")
    drop(DATABASE)
    with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {DATABASE}")
    unwanted = ("TICKSTOCK_PROCESS", "MASSIVE_API_KEY", "DJANGO_SETTINGS_MODULE")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    yield kept | {name: with_database(url, DATABASE) for name, url in urls.items()}
    drop(DATABASE)


@pytest.fixture(scope="session")
def migrated(environment: dict[str, str]) -> dict[str, str]:
    """The same, with tables and universes, both made by the recoveries that a start names."""
    start = Start(environment, Path("/nonexistent"))
    what, _, recovery = start.run("--port", free_port())
    if "has no TimescaleDB" in what:
        assert "[VALIDATION] OK   TimescaleDB is there" in start.recovered(recovery)
        what, _, recovery = start.run("--port", free_port())
    assert "migrations have not been applied" in what
    assert "[VALIDATION] OK   Migrations" in start.recovered(recovery, "--port", free_port())
    return environment


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Start:
    return Start(dict(environment), tmp_path / "logs")


@pytest.fixture
def whole(migrated: dict[str, str], tmp_path: Path) -> Start:
    return Start(dict(migrated), tmp_path / "logs")
