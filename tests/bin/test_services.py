"""`bin/services`: real servers, started, killed and stopped in a checkout of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from _services import state

from tests.bin.checkout import Checkout, make_checkout

pytestmark = [pytest.mark.slow, pytest.mark.chaos]

PROGRAMS = ("postgres", "redis-server")


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []


def pids(checkout: Checkout) -> list[int | None]:
    return [checkout.pid(program) for program in PROGRAMS]


def test_status_says_what_was_chosen_and_that_both_are_up(checkout: Checkout) -> None:
    status = checkout.services("status")
    assert status.returncode == 0
    assert f"services: {checkout.way} (" in status.stdout
    assert "TimescaleDB 2." in status.stdout
    assert status.stdout.count(" up ") == 2


def test_a_second_start_changes_nothing_and_says_nothing(checkout: Checkout) -> None:
    before = pids(checkout), checkout.env()
    assert checkout.start() == ""
    assert (pids(checkout), checkout.env()) == before


def test_all_four_roles_sign_in_and_only_the_owner_may_create(checkout: Checkout) -> None:
    names = ["DATABASE_URL", "DATABASE_READWRITE_URL", "DATABASE_READONLY_URL", "DATABASE_WEB_URL"]
    exported = checkout.env()
    signed_in = [query(exported[name], "SELECT current_user")[0][0] for name in names]
    assert signed_in == list(state.ROLES)
    for name in names[1:]:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            query(exported[name], "CREATE TABLE mine ()")


def test_the_owner_makes_a_test_database_with_a_hypertable(checkout: Checkout) -> None:
    url = checkout.env()["DATABASE_URL"]
    test_url = urlsplit(url)._replace(path="/test_one").geturl()
    query(url, "CREATE DATABASE test_one")
    query(test_url, "CREATE EXTENSION timescaledb")
    query(test_url, "CREATE TABLE t (at timestamptz NOT NULL)")
    made = query(test_url, "SELECT table_name FROM create_hypertable('t', 'at')")
    query(url, "DROP DATABASE test_one WITH (FORCE)")
    assert made == [("t",)]


def test_redis_keeps_every_entry_and_asks_for_a_password(checkout: Checkout) -> None:
    url = checkout.env()["REDIS_URL"]
    with redis.Redis.from_url(url, decode_responses=True) as client:
        config = client.config_get("append*", "maxmemory-policy", "bind")
    assert config["appendonly"] == "yes"
    assert config["appendfsync"] == "everysec"
    assert config["maxmemory-policy"] == "noeviction"
    assert config["bind"] == "127.0.0.1"
    parts = urlsplit(url)
    with (
        redis.Redis(host=parts.hostname or "", port=parts.port or 0) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_secrets_are_for_their_owner_alone(checkout: Checkout) -> None:
    folder = checkout.folder / ".services"
    assert (folder / "state.json").stat().st_mode & 0o777 == 0o600
    assert (checkout.data("redis-server") / "redis.conf").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o066 == 0
    assert not list(folder.rglob("password"))


def test_the_checkout_in_use_is_not_disturbed(checkout: Checkout) -> None:
    ours = set(state.load().ports.values())
    theirs = {urlsplit(checkout.env()[name]).port for name in ("DATABASE_URL", "REDIS_URL")}
    assert len(theirs) == 2
    assert not ours & theirs


@pytest.mark.parametrize("victims", [("postgres",), ("redis-server",), PROGRAMS])
def test_servers_killed_outright_come_back_with_what_they_held(
    checkout: Checkout, victims: tuple[str, ...]
) -> None:
    exported = checkout.env()
    query(exported["DATABASE_URL"], "CREATE TABLE kept AS SELECT 42 AS answer")
    with redis.Redis.from_url(exported["REDIS_URL"]) as client:
        client.set("kept", "42")
        client.execute_command("WAITAOF", 1, 0, 5000)
    for program in victims:
        os.kill(checkout.pid(program) or 0, signal.SIGKILL)
    checkout.start()
    kept = query(exported["DATABASE_URL"], "SELECT answer FROM kept")
    query(exported["DATABASE_URL"], "DROP TABLE kept")
    assert kept == [(42,)]
    with redis.Redis.from_url(exported["REDIS_URL"]) as client:
        assert client.get("kept") == b"42"


def test_starts_at_the_same_time_start_one_of_each(checkout: Checkout) -> None:
    checkout.services("stop")
    starts = [checkout.launch("start") for _ in range(3)]
    assert [start.wait(60) for start in starts] == [0, 0, 0]
    assert checkout.services("status").returncode == 0


def test_stop_leaves_nothing_running_and_nothing_mounted(checkout: Checkout) -> None:
    exported = checkout.env()
    assert checkout.services("stop").returncode == 0
    assert pids(checkout) == [None, None]
    assert str(checkout.folder) not in Path("/proc/mounts").read_text()
    assert checkout.services("status").returncode == 1
    checkout.start()
    assert checkout.env() == exported


def test_a_stale_pid_file_that_names_another_server_is_no_obstacle(checkout: Checkout) -> None:
    checkout.services("stop")
    stranger = os.getpid()
    (checkout.data("postgres") / "postmaster.pid").write_text(f"{stranger}\n")
    checkout.start()
    assert checkout.pid("postgres") not in (None, stranger)


def test_a_port_that_a_stranger_has_taken_is_replaced(checkout: Checkout) -> None:
    checkout.services("stop")
    taken = urlsplit(checkout.env()["REDIS_URL"]).port or 0
    with socket.create_server(("127.0.0.1", taken)):
        checkout.start()
        assert urlsplit(checkout.env()["REDIS_URL"]).port != taken
        assert checkout.services("status").returncode == 0


def test_a_shell_that_names_our_own_servers_is_not_another_environment(checkout: Checkout) -> None:
    exported = checkout.env()
    older = {**exported, "REDIS_URL": exported["REDIS_URL"].replace("127.0.0.1:", "127.0.0.1:1")}
    assert checkout.env(**older) == exported


def test_a_named_database_whose_owner_may_create_gets_its_roles(
    checkout: Checkout, tmp_path: Path
) -> None:
    exported = checkout.env()
    admin = superuser_url(checkout)
    for role in state.ROLES[1:]:
        query(admin, f"ALTER ROLE {role} RENAME TO {role}_before")
    query(admin, "CREATE ROLE deployer LOGIN CREATEROLE PASSWORD 'd'")
    named = urlsplit(exported["DATABASE_URL"])
    url = named._replace(netloc=f"deployer:d@127.0.0.1:{named.port}").geturl()
    try:
        other = make_checkout(tmp_path / "other", way="")
        other.start(DATABASE_URL=url, REDIS_URL=exported["REDIS_URL"])
        made = other.env(DATABASE_URL=url, REDIS_URL=exported["REDIS_URL"])
        assert query(made["DATABASE_WEB_URL"], "SELECT current_user") == [("app_web",)]
        assert made["DATABASE_URL"] == url
    finally:
        for role in state.ROLES[1:]:
            query(admin, f"DROP ROLE IF EXISTS {role}")
            query(admin, f"ALTER ROLE {role}_before RENAME TO {role}")
        query(admin, "DROP ROLE deployer")


def test_a_named_database_whose_owner_may_not_says_what_an_administrator_must_run(
    checkout: Checkout, tmp_path: Path
) -> None:
    exported = checkout.env()
    query(superuser_url(checkout), "CREATE ROLE plain LOGIN PASSWORD 'p'")
    named = urlsplit(exported["DATABASE_URL"])
    url = named._replace(netloc=f"plain:p@127.0.0.1:{named.port}").geturl()
    try:
        other = make_checkout(tmp_path / "other", way="")
        done = other.services("start", DATABASE_URL=url, REDIS_URL=exported["REDIS_URL"])
    finally:
        query(superuser_url(checkout), "DROP ROLE plain")
    assert done.returncode == 1
    for role in state.ROLES[1:]:
        assert f"CREATE ROLE {role} LOGIN PASSWORD '...';" in done.stderr
    assert "export DATABASE_READWRITE_URL" in done.stderr
    assert ":p@" not in done.stderr


def superuser_url(checkout: Checkout) -> str:
    saved = json.loads((checkout.folder / ".services" / "state.json").read_text())
    port = saved["ports"]["postgres"]
    return f"postgresql://postgres:{saved['passwords']['postgres']}@127.0.0.1:{port}/tickstock"
