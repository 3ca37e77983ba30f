"""What each database role may do, tried on the real schema: the contract's table of roles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connections, transaction

from tickstock_site.refusals import RoleRefused

pytestmark = pytest.mark.django_db(databases=["default", "readonly", "readwrite", "web"])

VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
READ = {"SELECT"}
WRITE = {"SELECT", "INSERT", "UPDATE", "DELETE"}
NOTHING: set[str] = set()

# Sign-ins, sessions and tokens: the web's own, and nobody else's business.
SIGN_IN = (
    "auth_",
    "django_session",
    "django_admin_log",
    "authtoken_",
)
SCHEDULES = "django_celery_beat_"
SETTINGS = ("watchlist", "preference", "alert_rule", "detector_setting", "combo_rule")
EVERYBODYS = ("django_content_type", "django_migrations")

HYPERTABLES = {
    "ohlcv_1min",
    "ohlcv_daily",
    "intraday_indicator_values",
    "intraday_patterns",
    "integration_events",
}
CONTRACT_TABLES = {
    "symbols",
    "universes",
    "universe_members",
    "ohlcv_1min",
    "ohlcv_daily",
    "intraday_indicators",
    "intraday_patterns",
    "feed_gaps",
    "streaming_sessions",
    "integration_events",
}
# As they stand in the contract.
QUERIES = [
    "SELECT count(*) FROM ohlcv_1min WHERE timestamp > now() - interval '5 minutes';",
    "SELECT symbol, timestamp, count(*) FROM ohlcv_1min GROUP BY 1, 2 HAVING count(*) > 1;",
    "SELECT pattern_type, count(*), avg(confidence) FROM intraday_patterns "
    "WHERE detection_timestamp > now() - interval '10 minutes' GROUP BY 1;",
    "SELECT indicator_name, count(*) FROM intraday_indicators "
    "WHERE calculation_timestamp > now() - interval '10 minutes' GROUP BY 1;",
    "SELECT date_trunc('minute', timestamp) AS minute, count(DISTINCT symbol) FROM ohlcv_1min "
    "WHERE timestamp > now() - interval '1 hour' GROUP BY 1 ORDER BY 1 DESC;",
]


def allowed(role: str, table: str) -> set[str]:
    """What the contract lets a role do with a table."""
    if role == "app_owner":
        return {*WRITE, "TRUNCATE"}
    if table.startswith(SIGN_IN):
        return WRITE if role == "app_web" else NOTHING
    if table.startswith(SCHEDULES):
        return READ if role == "app_readonly" else WRITE
    if table in EVERYBODYS:
        return READ
    if any(word in table for word in SETTINGS):
        return WRITE if role == "app_web" else READ
    if table == "processing_runs" and role == "app_web":
        return {*READ, "INSERT"}
    if table == "processing_audit" and role != "app_readonly":
        return {*READ, "INSERT"}
    return WRITE if role == "app_readwrite" else READ


def relations(kinds: str = "rpvm") -> list[str]:
    """Every table and view of the schema."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind = ANY(%s) ORDER BY relname",
            [list(kinds)],
        )
        return [row[0] for row in cursor.fetchall()]


def granted(role: str, relation: str) -> set[str]:
    """What the database lets a role do."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT verb FROM unnest(%(verbs)s::text[]) AS verb "
            "WHERE has_table_privilege(%(role)s, %(table)s::regclass, verb) OR verb = 'INSERT'"
            " AND has_any_column_privilege(%(role)s, %(table)s::regclass, verb)",
            {"verbs": list(VERBS), "role": role, "table": f'public."{relation}"'},
        )
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.parametrize("role", ["app_owner", "app_readwrite", "app_readonly", "app_web"])
def test_each_role_may_do_with_every_table_what_the_contract_says(role: str) -> None:
    made = [name for name in relations() if not name.startswith("pg_")]
    assert set(made) >= CONTRACT_TABLES
    wrong = {
        name: (sorted(granted(role, name)), sorted(allowed(role, name)))
        for name in made
        if granted(role, name) != allowed(role, name)
    }
    assert not wrong, f"{role}: (granted, allowed) {wrong}"


def test_no_role_but_the_owner_may_make_or_own_anything() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT role FROM unnest(ARRAY['app_readwrite', 'app_readonly', 'app_web']) AS role "
            "WHERE has_schema_privilege(role, 'public', 'CREATE')"
        )
        assert cursor.fetchall() == []
        cursor.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert cursor.fetchall() == [("app_owner",)]


def market_tables() -> Iterator[str]:
    """Tables, without views: those nobody can write, for what they are."""
    yield from (name for name in relations("rp") if not name.startswith(SIGN_IN))


def first_column(table: str) -> str:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1",
            [f'public."{table}"'],
        )
        return str(cursor.fetchone()[0])


def test_app_readonly_reads_every_market_table_and_is_refused_every_write() -> None:
    for table in market_tables():
        column = first_column(table)
        with connections["readonly"].cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}" LIMIT 1')
        for verb, statement in {
            "INSERT": f'INSERT INTO "{table}" DEFAULT VALUES',
            "UPDATE": f'UPDATE "{table}" SET "{column}" = "{column}"',
            "DELETE": f'DELETE FROM "{table}"',
            "TRUNCATE": f'TRUNCATE "{table}"',
        }.items():
            said = refused("readonly", statement)
            assert "app_readonly" in said, (table, verb)
            assert f"may not {verb} on {table}" in said, (table, verb)
            assert "permission denied" in said, (table, verb)


def refused(alias: str, statement: str) -> str:
    """What Django says of a statement that the role may not run."""
    with (
        pytest.raises(RoleRefused) as caught,
        transaction.atomic(using=alias),
        connections[alias].cursor() as cursor,
    ):
        cursor.execute(statement)
    return str(caught.value)


@pytest.mark.parametrize("alias", ["readonly", "readwrite"])
def test_only_the_web_sees_sign_ins(alias: str) -> None:
    assert "may not SELECT on auth_user" in refused(alias, "SELECT * FROM auth_user")
    assert "may not SELECT" in refused(alias, "SELECT session_data FROM django_session")


@pytest.mark.parametrize("table", ["ohlcv_1min", "intraday_patterns", "streaming_sessions"])
def test_the_web_is_refused_a_write_of_market_data_by_name(table: str) -> None:
    assert f"database role app_web may not DELETE on {table}" in refused(
        "web", f"DELETE FROM {table}"
    )


RUN = "INSERT INTO processing_runs (run_id, kind{}) VALUES (gen_random_uuid(), 'daily'{})"


def test_what_the_web_inserts_of_runs_is_queued_and_it_can_only_ask_for_its_end() -> None:
    assert "may not INSERT on processing_runs" in refused(
        "web", RUN.format(", status", ", 'running'")
    )
    with connections["web"].cursor() as cursor:
        cursor.execute(RUN.format("", ""))
        cursor.execute("SELECT run_id, status FROM processing_runs")
        run_id, status = cursor.fetchone()
        assert status == "queued"
        cursor.execute("SELECT cancel_processing(%s, 'ada')", [run_id])
        assert cursor.fetchone() == ("cancelled",)
    assert "may not UPDATE" in refused("web", "UPDATE processing_runs SET status = 'running'")


@pytest.mark.parametrize("alias", ["web", "readwrite"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET who = ''"])
def test_nobody_changes_the_audit_log(alias: str, change: str) -> None:
    assert "processing_audit" in refused(alias, change.format("processing_audit"))


def test_a_table_of_a_later_migration_is_covered() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("CREATE TABLE made_later (id bigserial PRIMARY KEY, word text)")
    assert granted("app_readwrite", "made_later") == WRITE
    assert granted("app_readonly", "made_later") == READ
    assert granted("app_web", "made_later") == READ


def test_the_stream_may_use_the_sequences_of_what_it_writes() -> None:
    with connections["readwrite"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO feed_gaps (feed, started_at, cause) VALUES ('test', now(), 'a test')"
        )
        cursor.execute("SELECT cause FROM feed_gaps WHERE feed = 'test'")
        assert cursor.fetchall() == [("a test",)]


@pytest.mark.parametrize("query", QUERIES, ids=range(1, 6))
@pytest.mark.parametrize("alias", ["readonly", "web", "readwrite"])
def test_the_contracts_queries_run_as_they_stand(alias: str, query: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        assert isinstance(cursor.fetchall(), list)


def test_the_time_series_are_hypertables() -> None:
    if settings.TICKSTOCK_STORAGE != "timescaledb":
        pytest.skip("this database is plain PostgreSQL, on request")
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT hypertable_name FROM timescaledb_information.hypertables")
        assert {row[0] for row in cursor.fetchall()} >= HYPERTABLES


def test_the_database_refuses_a_bar_that_contradicts_itself() -> None:
    from django.db import IntegrityError

    for low, high, volume in ((11.0, 12.0, 1.0), (9.0, 9.5, 1.0), (9.0, 11.0, -1.0)):
        with (
            pytest.raises(IntegrityError),
            transaction.atomic(using="readwrite"),
            connections["readwrite"].cursor() as cursor,
        ):
            cursor.execute(
                "INSERT INTO ohlcv_1min (symbol, timestamp, open, high, low, close, volume) "
                "VALUES ('A', now(), 10, %s, %s, 10, %s)",
                [high, low, volume],
            )
