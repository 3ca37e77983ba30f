"""Homes for streams: one database for the whole run, cleared for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.home import DATABASE_URLS, Home

FIRST_REDIS_DB = 12


def services() -> dict[str, str]:
    """Where the services are that the environment names."""
    names = (*DATABASE_URLS, "REDIS_URL", "SECRET_KEY")
    missing = [name for name in names if name not in os.environ]
    if missing:
        pytest.skip(f'{", ".join(missing)} not set: eval "$(bin/services env)"')
    return {name: os.environ[name] for name in names}


@pytest.fixture(scope="session")
def stream_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A migrated database and a Redis database for streams, made once."""
    base = os.environ.get("TICKSTOCK_TEST_DB", "test_tickstock")
    number = int(os.environ.get("TICKSTOCK_TEST_STREAM_REDIS_DB", FIRST_REDIS_DB))
    home = Home.make(f"{base}_streams", number, tmp_path_factory.mktemp("streams"), services())
    yield home
    home.drop()


@pytest.fixture
def home(stream_home: Home, tmp_path: Path) -> Iterator[Home]:
    """The streams' home, as if nothing had run yet."""
    stream_home.clear()
    fresh = Home(stream_home.env, tmp_path)
    yield fresh
    fresh.kill_all()
