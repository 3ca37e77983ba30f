"""A database and a Redis for a whole system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.conftest import FREE_REDIS_DB, redis_server, services
from tests.chaos.home import Home, with_path
from tests.chaos.own_redis import OwnRedis
from tests.end_to_end.whole_system import NAME, PASSWORD

__all__ = ["redis_server"]  # a fixture that the chaos tests have, too


@pytest.fixture
def home(tmp_path: Path, redis_server: OwnRedis | None) -> Iterator[Home]:
    """A database and a Redis of their own, with an account to sign in with."""
    named = services()
    url = redis_server.url if redis_server else with_path(named["REDIS_URL"], str(FREE_REDIS_DB))
    base = os.environ.get("TICKSTOCK_TEST_DB", "test_tickstock")
    home = Home.make(f"{base}_whole", tmp_path, {**named, "REDIS_URL": url})
    home.redis().flushdb()
    account = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": "o@example.com"}
    home.manage("collectstatic", "--noinput", STATIC_ROOT=str(tmp_path / "static"))
    home.manage("createsuperuser", "--noinput", "--username", NAME, **account)
    yield home
    home.drop()
