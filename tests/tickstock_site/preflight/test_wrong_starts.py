"""Starts that must not happen, as an operator would make them: what, why, and a way out.

Each recovery is then carried out, and the check that had failed passes.
"""

from __future__ import annotations

import socket
import venv
from pathlib import Path

import psycopg
import pytest

from tests.tickstock_site.preflight.starts import (
    DATABASE,
    Start,
    drop,
    free_port,
    with_database,
    with_password,
    with_port,
)
from tickstock_site.env import env_secret
from tickstock_site.processes import URL_OF_ROLE

pytestmark = pytest.mark.slow


def test_a_bare_interpreter_is_told_which_packages_are_missing(
    start: Start, tmp_path: Path
) -> None:
    venv.create(tmp_path / "bare", symlinks=True, with_pip=False)
    python = str(tmp_path / "bare" / "bin" / "python")
    what, reason, recovery = start.run("--port", free_port(), python=python)
    assert "missing packages: " in what
    assert "requirements.txt" in reason
    if ".venv" in recovery:
        assert "[VALIDATION] OK   Python" in start.recovered(recovery)


def test_a_bad_number_names_the_setting_the_value_and_what_is_allowed(start: Start) -> None:
    start.environment["SYNTHETIC_TICKER_COUNT"] = "many"
    what, _, recovery = start.run("--port", free_port())
    assert what == (
        "STARTUP ABORTED: SYNTHETIC_TICKER_COUNT='many' is not usable: "
        "a whole number from 1 to 20000"
    )
    assert recovery == "export SYNTHETIC_TICKER_COUNT=70"
    assert "[VALIDATION] OK   Settings" in start.recovered(recovery)


def test_a_missing_secret_key_is_told(start: Start) -> None:
    del start.environment["SECRET_KEY"]
    what, _, _ = start.run("--port", free_port())
    assert what == "STARTUP ABORTED: SECRET_KEY is not set"


def test_a_taken_port_is_told_with_one_that_is_free(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        what, _, recovery = start.run("--port", port)
        assert f"port {port} of 127.0.0.1 can not be had: address already in use" in what
        assert "[VALIDATION] OK   Port" in start.recovered(recovery)


def test_no_redis_is_told(start: Start) -> None:
    port = free_port()
    start.environment["REDIS_URL"] = f"redis://:secret@127.0.0.1:{port}/0"
    what, reason, recovery = start.run("--port", free_port())
    assert f"no Redis at 127.0.0.1:{port}" in what
    assert "journal" in reason
    assert "[VALIDATION] OK   Redis" in start.recovered(recovery, "--port", free_port())


def test_no_database_is_told(start: Start) -> None:
    port = free_port()
    for name in URL_OF_ROLE.values():
        start.environment[name] = with_port(start.environment[name], port)
    what, _, recovery = start.run("--port", free_port())
    assert f"no PostgreSQL at 127.0.0.1:{port}/{DATABASE}" in what
    assert "[VALIDATION] OK   PostgreSQL" in start.recovered(recovery, "--port", free_port())


def test_a_wrong_password_of_a_role_is_told(whole: Start) -> None:
    name = "DATABASE_READONLY_URL"
    whole.environment[name] = with_password(whole.environment[name], "wrong-password")
    what, _, recovery = whole.run("--port", free_port())
    assert what.endswith("refuses the password of app_readonly")
    assert "[VALIDATION] OK   Roles" in whole.recovered(recovery, "--port", free_port())


def test_a_database_without_timescaledb_is_told(whole: Start, tmp_path: Path) -> None:
    plain = DATABASE + "_plain"
    drop(plain)
    with psycopg.connect(env_secret("DATABASE_URL"), autocommit=True) as owner:
        if not owner.execute("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").fetchone():
            pytest.skip("no TimescaleDB here at all")
        owner.execute(f"CREATE DATABASE {plain} TEMPLATE template0")
    for name in URL_OF_ROLE.values():
        whole.environment[name] = with_database(whole.environment[name], plain)
    try:
        what, reason, recovery = whole.run("--port", free_port())
        assert what.endswith(f"/{plain} has no TimescaleDB")
        assert "TICKSTOCK_STORAGE=postgresql" in reason
        done = whole.recovered(recovery, "--port", free_port())
        assert "with TimescaleDB" in done
    finally:
        drop(plain)


def test_a_tape_that_is_not_there_is_told_with_a_near_one(whole: Start, tmp_path: Path) -> None:
    tape = tmp_path / "trades.csv"
    tape.write_text("symbol,timestamp_ms,price,size\nAAPL,1719936000000,10.5,100\n")
    wrong = str(tmp_path / "trade.csv")
    what, _, recovery = whole.run("--port", free_port(), "--source", "replay", "--tape", wrong)
    assert f"the tape {wrong} is not there (did you mean trades.csv?)" in what
    assert "[VALIDATION] OK   Feed replay" in whole.recovered(recovery)


def test_massive_without_a_key_is_told(whole: Start) -> None:
    what, reason, recovery = whole.run("--port", free_port(), "--source", "massive")
    assert what == "STARTUP ABORTED: MASSIVE_API_KEY is not set"
    assert "MASSIVE_API_KEY_FILE" in reason
    assert "[VALIDATION] OK   Feed synthetic" in whole.recovered(recovery)


def test_an_unknown_universe_is_told_with_a_near_one(whole: Start) -> None:
    what, _, recovery = whole.run("--port", free_port(), "--universe", "market_leaders:top_5000")
    assert "unknown universe market_leaders:top_5000 (did you mean market_leaders:top_500?)" in what
    assert "[VALIDATION] OK   Universe market_leaders:top_500" in whole.recovered(recovery)
