"""Each check by itself: what it passes, what it refuses, and the recovery that it names."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from patterns import registry
from tests.tickstock_site.preflight.starts import with_database, with_password
from tickstock_site.env import env_secret
from tickstock_site.preflight import redis_checks, repair
from tickstock_site.preflight.checks import failed, run_checks
from tickstock_site.preflight.database_checks import check_database, check_migrations, check_roles
from tickstock_site.preflight.grants_check import check_grants, excess
from tickstock_site.preflight.market_checks import (
    check_calendar,
    check_definitions,
    check_feed,
    check_source,
)
from tickstock_site.preflight.outcome import Abort
from tickstock_site.preflight.ports import check_port
from tickstock_site.preflight.redis_checks import check_redis
from tickstock_site.preflight.request import StartRequest, default_source, parse_speed
from tickstock_site.processes import URL_OF_ROLE

NOTHING = StartRequest()


def refused(check: Callable[[StartRequest], str], request: StartRequest = NOTHING) -> Abort:
    with pytest.raises(Abort) as caught:
        check(request)
    return caught.value


@pytest.fixture
def urls(migrated: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The roles' addresses of the migrated database, in this process's environment."""
    made = {name: migrated[name] for name in URL_OF_ROLE.values()}
    for name, url in made.items():
        monkeypatch.setenv(name, url)
    return made


def test_checks_stop_at_the_first_that_fails() -> None:
    def fails(request: StartRequest) -> str:
        raise Abort("no luck", "luck is needed", "try --again")

    out = io.StringIO()
    with pytest.raises(Abort) as caught:
        run_checks(NOTHING, out, [lambda request: "well", fails, lambda request: "never"])
    assert out.getvalue() == "[VALIDATION] OK   well\n"
    err = io.StringIO()
    assert failed(caught.value, err) == 1
    assert err.getvalue() == (
        "STARTUP ABORTED: no luck\nREASON: luck is needed\nRECOVERY: try --again\n"
    )


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    assert refused(check_port, StartRequest(port=port)).what == f"--port {port} is no port"


def test_a_host_that_is_not_this_machines_is_refused() -> None:
    abort = refused(check_port, StartRequest(host="192.0.2.1", port="18000"))
    assert "cannot assign requested address" in abort.what


class Info:
    """A Redis that says this of itself."""

    def __init__(self, **info: Any) -> None:
        self.info = {"redis_version": "8.0", "maxmemory_policy": "noeviction", "aof_enabled": 1}
        self.info |= info

    def __call__(self, url: str) -> dict[str, Any]:
        return self.info


def test_a_redis_that_evicts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_checks, "ask", Info(maxmemory_policy="allkeys-lru"))
    abort = refused(check_redis)
    assert "has maxmemory-policy allkeys-lru, not noeviction" in abort.what
    assert abort.recovery.endswith("manage.py preflight --repair redis")


def test_a_redis_without_its_append_only_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_checks, "ask", Info(aof_enabled=0))
    assert "append-only file off" in refused(check_redis).what


def test_redis_is_repaired() -> None:
    repair.repair_redis()
    assert check_redis(NOTHING).startswith("Redis ")


def test_a_redis_that_refuses_the_password_is_told(settings: Any) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        if not client.connection_pool.connection_kwargs.get("password"):
            pytest.skip("this Redis has no password")
    settings.REDIS_URL = with_password(settings.REDIS_URL, "wrong-password")
    abort = refused(check_redis)
    assert abort.what.endswith("refuses the password")
    assert "wrong-password" not in abort.lines()


@pytest.mark.parametrize("url", ["http://example", "redis://host:port/0"])
def test_an_address_that_is_none_of_redis_is_told(settings: Any, url: str) -> None:
    settings.REDIS_URL = url
    assert "REDIS_URL is no Redis address" in refused(check_redis).what


def test_a_migrated_database_passes(urls: dict[str, str]) -> None:
    assert check_database(NOTHING).startswith("PostgreSQL ")
    assert check_roles(NOTHING).startswith("Roles app_owner, ")
    assert check_grants(NOTHING).startswith("Grants")


def test_a_database_that_is_not_there_is_told(
    urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_WEB_URL", with_database(urls["DATABASE_WEB_URL"], "no_such_one"))
    assert "there is no database at" in refused(check_database).what


def test_an_address_that_is_missing_is_told(
    urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_READWRITE_URL")
    assert refused(check_roles).what == "DATABASE_READWRITE_URL is not set"


def test_the_owners_address_may_be_kept_elsewhere(
    urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    assert "app_owner" not in check_roles(NOTHING)


def test_a_role_in_anothers_place_is_told(
    urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_READONLY_URL", urls["DATABASE_URL"])
    what = refused(check_roles).what
    assert what == "DATABASE_READONLY_URL logs in as app_owner, not as app_readonly"


def test_grants_that_go_too_far_are_told_and_taken_back(urls: dict[str, str]) -> None:
    with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as owner:
        owner.execute("GRANT INSERT ON ohlcv_1min TO app_readonly")
    abort = refused(check_grants)
    assert abort.what.endswith("app_readonly may INSERT on ohlcv_1min")
    assert abort.recovery.endswith("manage.py preflight --repair grants")
    assert repair.repair_grants() == "Grants: 1 taken back"
    assert check_grants(NOTHING).startswith("Grants")


def test_grants_that_are_missing_are_told_and_given_back(urls: dict[str, str]) -> None:
    with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as owner:
        owner.execute("REVOKE INSERT ON ohlcv_1min FROM app_readwrite")
    assert refused(check_grants).what.endswith("app_readwrite may not INSERT on ohlcv_1min")
    repair.repair_grants()
    assert check_grants(NOTHING).startswith("Grants")


def test_each_role_has_its_bounds() -> None:
    within = {("app_readonly", "SELECT", "ohlcv_1min"), ("app_web", "INSERT", "auth_user")}
    beyond = {
        ("app_readonly", "SELECT", "auth_user"),
        ("app_readonly", "TRUNCATE", "symbols"),
        ("app_readwrite", "SELECT", "django_session"),
        ("app_web", "DELETE", "ohlcv_1min"),
    }
    assert excess(within | beyond) == beyond


@pytest.mark.django_db
def test_all_migrations_of_the_test_database_are_applied() -> None:
    assert "all" in check_migrations(NOTHING)


def test_an_unknown_calendar_is_told_with_a_near_one(settings: Any) -> None:
    settings.MARKET_CALENDAR = "XNYSE"
    abort = refused(check_calendar)
    assert abort.what == "MARKET_CALENDAR='XNYSE' is not a calendar. Did you mean 'XNYS'?"
    assert abort.recovery == "export MARKET_CALENDAR=XNYS"


def test_an_indicator_that_is_not_there_can_not_be_stored(settings: Any) -> None:
    settings.INDICATORS_STORED = ["RSI_15"]
    assert "Did you mean 'RSI_14'?" in refused(check_definitions).what


def test_a_detector_that_does_not_load_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> registry.Registry:
        raise ImportError("No module named 'patterns.detectors.dojii'")

    monkeypatch.setattr(registry, "standard", broken)
    assert "does not load: No module named" in refused(check_definitions).what


def test_no_detectors_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    indicators = registry.standard().indicators
    monkeypatch.setattr(registry, "standard", lambda: registry.Registry(indicators, ()))
    assert refused(check_definitions).what == "no detectors are loaded"


@pytest.mark.parametrize("content", [b"", b"\x00\x01garbage", gzip.compress(b"a,b\n1,2\n")[:-9]])
def test_a_bad_tape_is_told(tmp_path: Path, content: bytes) -> None:
    tape = tmp_path / "tape.csv.gz"
    tape.write_bytes(content)
    abort = refused(check_feed, StartRequest(source="replay", tapes=(str(tape),)))
    assert str(tape) in abort.what
    assert "--source synthetic" in abort.recovery


def test_a_replay_without_a_tape_is_told() -> None:
    assert "--tape FILE" in refused(check_feed, StartRequest(source="replay")).what


@pytest.mark.parametrize("speed", ["-3", "0", "nan", "inf", "fast"])
def test_a_bad_speed_is_told(speed: str) -> None:
    abort = refused(check_feed, StartRequest(source="synthetic", speed=speed))
    assert abort.what == f"--speed {speed} is no speed: a number from 0.001 to 1000000, or max"


def test_a_speed_is_times_real_time_or_as_fast_as_it_goes() -> None:
    assert (parse_speed("60"), parse_speed("0.5"), parse_speed("max")) == (60.0, 0.5, None)


def test_an_unknown_source_is_told_with_a_near_one() -> None:
    abort = refused(check_feed, StartRequest(source="synthetik"))
    assert abort.what == "unknown source synthetik: one of synthetic, massive, replay, none"
    assert abort.recovery.endswith("--source synthetic")


@pytest.mark.parametrize(
    ("synthetic", "key", "source"),
    [(False, "", "synthetic"), (False, "k", "massive"), (True, "k", "synthetic")],
)
def test_the_source_is_massive_with_a_key(synthetic: bool, key: str, source: str) -> None:
    assert default_source(synthetic, key) == source


def test_another_source_than_the_stored_one_is_told(urls: dict[str, str]) -> None:
    with psycopg.connect(env_secret("DATABASE_URL"), autocommit=True) as owner:
        owner.execute(
            "INSERT INTO ohlcv_1min (symbol, timestamp, open, high, low, close, volume, source)"
            " VALUES ('AAPL', now(), 1, 1, 1, 1, 1, 'replay')"
        )
        abort = refused(check_source, StartRequest(source="synthetic"))
        owner.execute("DELETE FROM ohlcv_1min")
    assert "holds bars of source replay" in abort.what
    assert abort.recovery.endswith("manage.py purge --source replay")
    assert check_source(StartRequest(source="synthetic")).startswith("Stored bars")


def test_what_is_asked_for_is_handed_on_to_the_stream() -> None:
    request = StartRequest(source="replay", tapes=("a", "b"), speed="max", once=True, symbol="X")
    assert request.stream_argv() == [
        *("--tape", "a", "--tape", "b", "--source", "replay"),
        *("--symbol", "X", "--speed", "max", "--once"),
    ]
