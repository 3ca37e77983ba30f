"""Which servers the environment names, and the addresses made from them."""

from __future__ import annotations

from pathlib import Path

import pytest
from _services import environment, state
from _services.state import State

OWN = State(
    way="tree",
    ports={"postgres": 15001, "redis": 15002},
    passwords={name: f"secret-{name}" for name in state.SECRETS},
    secret_key="key",
)


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    names = (*environment.ROLE_OF, "REDIS_URL", "SECRET_KEY", "TICKSTOCK_STORAGE")
    for name in names:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def test_each_role_has_an_address_of_its_own_on_our_server() -> None:
    exported = environment.exports(OWN)
    assert exported["DATABASE_URL"] == (
        "postgresql://app_owner:secret-app_owner@127.0.0.1:15001/tickstock"
    )
    assert "app_readonly:secret-app_readonly@" in exported["DATABASE_READONLY_URL"]
    assert exported["REDIS_URL"] == "redis://default:secret-redis@127.0.0.1:15002/0"
    assert exported["TICKSTOCK_STORAGE"] == "timescaledb"


def test_a_named_database_keeps_its_place_and_options_for_the_other_roles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = "postgresql://me:mine@db.example:6432/market?sslmode=require"
    monkeypatch.setenv("DATABASE_URL", url)
    exported = environment.exports(OWN)
    assert exported["DATABASE_URL"] == url
    assert exported["DATABASE_WEB_URL"] == (
        "postgresql://app_web:secret-app_web@db.example:6432/market?sslmode=require"
    )


def test_an_address_of_ours_with_an_older_port_is_not_taken_for_anothers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:secret-redis@127.0.0.1:20000/0")
    assert environment.named("REDIS_URL", OWN) == ""
    assert environment.exports(OWN)["REDIS_URL"].endswith(":15002/0")


def test_an_address_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "redis").write_text("redis://:theirs@cache.example:6379/3\n")
    monkeypatch.setenv("REDIS_URL_FILE", str(tmp_path / "redis"))
    assert environment.exports(OWN)["REDIS_URL"] == "redis://:theirs@cache.example:6379/3"


def test_a_free_port_is_below_those_for_outgoing_connections() -> None:
    port = state.free_port(taken=set())
    assert port in state.PORTS
    assert state.is_free(port)
