"""How long things are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import ProgrammingError, connection, connections, transaction
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from admin_processing.retention.tables import drop_old, retention_days
from admin_processing.tasks import drop_old_data
from streaming.models import IntegrationEvent

pytestmark = pytest.mark.django_db


def log(days_ago: float) -> None:
    moment = timezone.now() - timedelta(days=days_ago)
    IntegrationEvent.objects.create(timestamp=moment, flow_id="f", stage="tick")


def test_what_is_older_goes_and_the_rest_stays() -> None:
    for days_ago in (30, 9, 6, 0):
        log(days_ago)
    gone = drop_old({"integration_events": 7}, timezone.now())
    assert gone == {"integration_events": 2}
    assert IntegrationEvent.objects.count() == 2


def test_zero_days_keeps_everything() -> None:
    log(3_000)
    assert drop_old({"integration_events": 0}, timezone.now()) == {}
    assert IntegrationEvent.objects.count() == 1


def test_bars_and_detections_are_kept_for_good_unless_told_otherwise(settings: Any) -> None:
    days = retention_days()
    assert days["ohlcv_rolled"] == days["intraday_patterns"] == 0
    assert settings.RETENTION_BARS_DAYS == 0
    assert days["integration_events"] == days["event_outbox"] == 7


def test_the_nightly_task_drops_by_the_settings(settings: Any) -> None:
    settings.RETENTION_FLOW_DAYS = 2
    log(9)
    log(0)
    drop_old_data()
    assert IntegrationEvent.objects.count() == 1


def test_every_table_with_a_retention_can_be_dropped_from() -> None:
    days = dict.fromkeys(retention_days(), 1)
    assert drop_old(days, timezone.now()) == dict.fromkeys(days, 0)


@pytest.mark.parametrize(
    ("table", "age", "why"),
    [("auth_user", "9 days", "has a retention"), ("ohlcv_1min", "1 hour", "younger than a day")],
)
def test_the_function_refuses_other_tables_and_young_rows(table: str, age: str, why: str) -> None:
    with (
        pytest.raises(ProgrammingError, match=why),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT drop_old_rows(%s, now() - %s::interval)", [table, age])


def test_only_readwrite_may_call_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT role, has_function_privilege(role, %s, 'EXECUTE')"
            " FROM unnest(ARRAY['app_readwrite', 'app_readonly', 'app_web']) AS role",
            ["drop_old_rows(text, timestamptz)"],
        )
        allowed = dict(cursor.fetchall())
    assert allowed == {"app_readwrite": True, "app_readonly": False, "app_web": False}


def test_the_schedule_is_there_and_names_a_task_that_exists() -> None:
    task = PeriodicTask.objects.get(task="admin_processing.tasks.drop_old_data")
    assert task.enabled
    assert task.crontab is not None
    current_app.loader.import_default_modules()
    assert drop_old_data.name == task.task


@pytest.mark.django_db(databases=["default", "readonly"], transaction=True)
def test_app_readonly_is_refused_by_name() -> None:
    with (
        pytest.raises(ProgrammingError, match="app_readonly"),
        connections["readonly"].cursor() as cursor,
    ):
        cursor.execute("SELECT drop_old_rows('ohlcv_1min', now() - interval '9 days')")
    connections["readonly"].close()


@pytest.mark.django_db(databases=["default", "readwrite"], transaction=True)
def test_the_workers_role_drops_chunks_that_it_does_not_own() -> None:
    log(9)
    with connections["readwrite"].cursor() as cursor:
        cursor.execute("SELECT drop_old_rows('integration_events', now() - interval '7 days')")
        assert cursor.fetchone() == (1,)
    connections["readwrite"].close()
