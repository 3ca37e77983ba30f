"""Fixtures for feeds: recordings, and a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from tests.doubles.sink import RecordingSink


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Where the recordings are; the test is skipped where they are not."""
    folder = Path(__file__).resolve().parents[4] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the recordings are not there: {folder}")
    return folder


@pytest.fixture
def sink() -> RecordingSink:
    """A sink that remembers."""
    return RecordingSink()


@pytest.fixture
def redis_client() -> Iterator[redis.Redis]:
    """A real Redis, without what the test leaves in it."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5)
    before = set(client.keys("tickstock:lease:*"))
    yield client
    for key in set(client.keys("tickstock:lease:*")) - before:
        client.delete(key)
    client.close()
