"""Homes for streams: one database for the whole run, cleared for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.home import DATABASE_URLS, Home, with_path
from tests.chaos.own_redis import OwnRedis, own_redis

FREE_REDIS_DB = 12


def services() -> dict[str, str]:
    """Where the services are that the environment names."""
    names = (*DATABASE_URLS, "REDIS_URL", "SECRET_KEY")
    missing = [name for name in names if name not in os.environ]
    if missing:
        pytest.skip(f'{", ".join(missing)} not set: eval "$(bin/services env)"')
    return {name: os.environ[name] for name in names}


@pytest.fixture(scope="session")
def redis_server() -> Iterator[OwnRedis | None]:
    """A Redis of the tests' own, where there can be one."""
    server = own_redis()
    yield server
    if server is not None:
        server.close()


@pytest.fixture(scope="session")
def stream_home(
    tmp_path_factory: pytest.TempPathFactory, redis_server: OwnRedis | None
) -> Iterator[Home]:
    """A migrated database and a Redis for streams, made once."""
    base = os.environ.get("TICKSTOCK_TEST_DB", "test_tickstock")
    named = services()
    url = redis_server.url if redis_server else with_path(named["REDIS_URL"], str(FREE_REDIS_DB))
    folder = tmp_path_factory.mktemp("streams")
    home = Home.make(f"{base}_streams", folder, {**named, "REDIS_URL": url})
    yield home
    home.drop()


@pytest.fixture
def home(stream_home: Home, tmp_path: Path) -> Iterator[Home]:
    """The streams' home, as if nothing had run yet."""
    stream_home.clear()
    fresh = Home(stream_home.env, tmp_path)
    yield fresh
    fresh.kill_all()
