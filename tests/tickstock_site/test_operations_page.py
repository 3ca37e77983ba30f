"""docs/operations.md says what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tickstock_site.preflight.repair import REPAIRS
from tickstock_site.processes import URL_OF_ROLE

ROOT = Path(__file__).parents[2]
READER = re.compile(r"env_(?:text|int|float|bool|choice|list|secret)\(\s*\"([A-Z_]+)\"")


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def settings_read() -> set[str]:
    """The names that the code reads from the environment."""
    packages = ("tickstock_site", "admin_processing", "streaming", "patterns", "market")
    sources = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    found = {name for path in sources for name in READER.findall(path.read_text(encoding="utf-8"))}
    return found | set(URL_OF_ROLE.values())


def test_every_setting_is_explained(page: str) -> None:
    assert sorted(name for name in settings_read() if f"`{name}`" not in page) == []


def test_every_repair_is_named(page: str) -> None:
    assert [name for name in REPAIRS if f"preflight --repair {name}" not in page] == []


def test_every_abort_of_the_preflight_is_there(page: str) -> None:
    """By a few words of each message that the checks can print."""
    words = (
        *("is too old", "missing package", "is not usable", "is no port", "can not be had"),
        *("no Redis at", "refuses the password", "maxmemory-policy", "append-only file off"),
        *("no PostgreSQL at", "there is no database at", "has no role", "has no TimescaleDB"),
        *("logs in as", "migrations have not been applied", "grants are not as they should be"),
        *("is not a calendar", "does not load", "no detectors are loaded", "unknown source"),
        *("MASSIVE_API_KEY is not set", "is not there", "is no speed", "unknown universe"),
        *("the database holds bars of source", "can not be written", "did not answer within"),
    )
    assert [word for word in words if word not in page] == []
