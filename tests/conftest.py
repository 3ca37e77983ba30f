"""What tests of every package share: the recordings, and a Redis of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings; tests that need it are skipped where it is not there."""
    named = os.environ.get("TICKSTOCK_SHARED_DATA")
    folder = Path(named) if named else PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the recordings are not here: {folder} (or name it: TICKSTOCK_SHARED_DATA)")
    return folder


@pytest.fixture
def redis_client() -> Iterator[redis.Redis]:
    """The tests' own Redis database (TICKSTOCK_TEST_REDIS_DB), emptied before and after."""
    from django.conf import settings

    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database; each role's connection is closed before it is dropped."""
    from django.db import connections

    yield
    with django_db_blocker.unblock():
        for connection in connections.all(initialized_only=True):
            connection.close()
