"""Fixtures for feeds."""

from __future__ import annotations

import pytest

from tests.doubles.sink import RecordingSink


@pytest.fixture
def sink() -> RecordingSink:
    """A sink that remembers."""
    return RecordingSink()
