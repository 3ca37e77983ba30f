"""TimescaleDB's own policies: here, under the Apache licence, as far as its refusal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import NotSupportedError, ProgrammingError, connection, connections, transaction
from django.utils import timezone

from admin_processing.retention import nightly, tables
from streaming.models import IntegrationEvent

pytestmark = pytest.mark.django_db

REFUSED = 'function "{}" is not supported under the current "apache" license'
HYPERTABLES = sorted(tables.retention_days().keys() - tables.PLAIN_TABLES)


@pytest.mark.parametrize("table", HYPERTABLES)
def test_a_policy_reaches_timescaledb_which_asks_for_its_licence(table: str) -> None:
    with (
        pytest.raises(NotSupportedError, match=REFUSED.format("add_retention_policy")),
        transaction.atomic(),
    ):
        tables.set_policy(table, 30)


def test_so_does_its_end() -> None:
    with (
        pytest.raises(NotSupportedError, match=REFUSED.format("remove_retention_policy")),
        transaction.atomic(),
    ):
        tables.set_policy("integration_events", 0)


def test_under_this_licence_the_nightly_task_drops() -> None:
    assert not tables.has_policies()
    IntegrationEvent.objects.create(
        timestamp=timezone.now() - timedelta(days=9), flow_id="f", stage="tick"
    )
    done = list(nightly.drop_by_settings(timezone.now()))
    assert "integration_events: 1 dropped" in done


def test_the_list_of_hypertables_is_the_databases() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT hypertable_name FROM timescaledb_information.hypertables")
        known = {row[0] for row in cursor.fetchall()}
    assert set(HYPERTABLES) <= known
    assert not known & tables.PLAIN_TABLES


def test_with_the_licence_each_hypertable_has_its_policy_and_the_others_are_dropped_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_to: dict[str, int] = {}

    def set_policy(table: str, days: int) -> str:
        set_to[table] = days
        return "set"

    monkeypatch.setattr(tables, "set_policy", set_policy)
    days = {"event_outbox": 7, "ohlcv_rolled": 0, "integration_events": 3}
    done = list(tables.keep_to(days, timezone.now(), policies=True))
    assert set_to == {"ohlcv_rolled": 0, "integration_events": 3}
    assert done == [
        "integration_events: policy set",
        "ohlcv_rolled: policy set",
        "event_outbox: 0 dropped",
    ]


@pytest.mark.parametrize(
    ("table", "days", "why"),
    [
        ("ohlcv_1min", 30, "ohlcv_1min is not a table that a policy may drop from"),
        ("auth_user", 30, "auth_user is not a table"),
        ("integration_events", -1, "-1 days: 0 .none. to 36500 are allowed"),
        ("integration_events", 36_501, "36501 days"),
    ],
)
def test_other_tables_and_spans_are_refused(table: str, days: int, why: str) -> None:
    with pytest.raises(ProgrammingError, match=why), transaction.atomic():
        tables.set_policy(table, days)


def test_the_function_is_the_owners_and_the_workers_role_alone_may_call_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_userbyid(proowner), prosecdef, array_to_string(proconfig, ',')"
            " FROM pg_proc WHERE proname = 'set_retention_policy'"
        )
        owner, definer, configured = cursor.fetchone()
        cursor.execute(
            "SELECT role, has_function_privilege(role, %s, 'EXECUTE')"
            " FROM unnest(ARRAY['app_readwrite', 'app_readonly', 'app_web', 'public']) AS role",
            ["set_retention_policy(text, integer)"],
        )
        allowed = {role for role, may in cursor.fetchall() if may}
    assert (owner, definer) == ("app_owner", True)
    assert configured == "search_path=pg_catalog, public, pg_temp"
    assert allowed == {"app_readwrite"}


@pytest.fixture
def as_readwrite(transactional_db: None) -> Any:
    yield connections["readwrite"]
    connections["readwrite"].close()


@pytest.mark.django_db(databases=["default", "readwrite"], transaction=True)
def test_the_workers_role_gets_as_far(as_readwrite: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "connection", as_readwrite)
    assert not tables.has_policies()
    with pytest.raises(NotSupportedError, match=REFUSED.format("add_retention_policy")):
        tables.set_policy("ohlcv_rolled", 400)
