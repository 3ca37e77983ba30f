"""Ended runs and what was noted of imports go after a while; open runs and the audit log never."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone

from admin_processing.models import (
    AuditEntry,
    FidelityDay,
    FidelityDifference,
    FidelitySymbol,
    JobCommand,
    ProcessingChunk,
    ProcessingFailure,
    ProcessingLog,
    ProcessingRun,
    RejectedRow,
)
from admin_processing.retention import runs
from admin_processing.tasks import drop_old_data

NOW = timezone.now()
BEFORE = NOW - timedelta(days=365)
OLD, RECENT = NOW - timedelta(days=400), NOW - timedelta(days=300)
WORK = (ProcessingChunk, ProcessingFailure, ProcessingLog)

pytestmark = pytest.mark.django_db


def a_run(status: str, ended: datetime | None, **fields: Any) -> ProcessingRun:
    """A run with a chunk, a failure and a line in its log."""
    run = ProcessingRun.objects.create(
        kind="daily", status=status, finished_at=ended, **{"created_at": OLD} | fields
    )
    ProcessingChunk.objects.create(run=run, phase="import", position=0)
    ProcessingFailure.objects.create(run=run, phase="import", symbol="AAPL", error="no answer")
    ProcessingLog.objects.create(run=run, message="said")
    return run


def forget() -> dict[str, int]:
    return dict(runs.forget(BEFORE))


def left() -> set[Any]:
    """The runs that are there, which have all their parts."""
    known = set(ProcessingRun.objects.values_list("run_id", flat=True))
    for model in WORK:
        assert set(model._default_manager.values_list("run", flat=True)) == known
    return known


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "skipped"])
def test_a_run_that_ended_long_ago_goes_with_all_its_parts(status: str) -> None:
    a_run(status, OLD)
    recent = a_run(status, RECENT)
    assert forget()["processing_runs"] == 1
    assert left() == {recent.run_id}


@pytest.mark.parametrize("status", ["queued", "running", "cancelling"])
def test_an_open_run_stays_however_old(status: str) -> None:
    run = a_run(status, None)
    assert forget()["processing_runs"] == 0
    assert left() == {run.run_id}


def test_a_run_that_never_began_is_as_old_as_its_request() -> None:
    a_run("cancelled", None)
    kept = a_run("cancelled", None, created_at=RECENT)
    forget()
    assert left() == {kept.run_id}


def test_many_runs_go_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "RUNS_AT_ONCE", 2)
    for _ in range(5):
        a_run("completed", OLD)
    assert forget()["processing_runs"] == 5
    assert left() == set()


def reject(symbol: str, seen: datetime, resolved: datetime | None = None) -> None:
    RejectedRow.objects.create(
        source="folder",
        timeframe="1d",
        symbol=symbol,
        timestamp=OLD,
        reason="negative",
        first_seen_at=OLD,
        last_seen_at=seen,
        resolved_at=resolved,
    )


def test_rows_set_aside_go_once_nobody_has_seen_them_for_long() -> None:
    reject("UNSEEN", OLD)
    reject("SETTLED", OLD, resolved=OLD)
    reject("SEEN", RECENT)
    reject("SETTLED_LATELY", RECENT, resolved=RECENT)
    assert forget()["rejected_rows"] == 2
    assert set(RejectedRow.objects.values_list("symbol", flat=True)) == {"SEEN", "SETTLED_LATELY"}


def test_differences_go_and_the_days_scores_stay() -> None:
    for moment in (OLD, RECENT):
        key: dict[str, Any] = {"day": moment.date(), "source": "massive"}
        FidelityDay.objects.create(**key)
        FidelitySymbol.objects.create(**key, symbol="AAPL")
        FidelityDifference.objects.create(**key, symbol="AAPL", timestamp=moment)
    gone = forget()
    assert (gone["fidelity_differences"], gone["fidelity_symbols"]) == (1, 1)
    assert FidelityDifference.objects.get().day == FidelitySymbol.objects.get().day == RECENT.date()
    assert FidelityDay.objects.count() == 2


def test_answered_commands_go_and_waiting_ones_stay() -> None:
    for status in JobCommand.Status:
        for moment in (OLD, RECENT):
            JobCommand.objects.create(
                job_id=str(uuid4()), command={}, status=status, received_at=moment
            )
    assert forget()["processing_jobs"] == 2
    assert JobCommand.objects.filter(status="waiting").count() == 2


def test_the_audit_log_is_kept_for_good(settings: Any) -> None:
    settings.RETENTION_RUNS_DAYS = 1
    run = a_run("completed", OLD)
    AuditEntry.objects.create(timestamp=OLD, who="operator", action="run", run_id=run.run_id)
    drop_old_data()
    assert left() == set()
    assert AuditEntry.objects.get().run_id == run.run_id


def test_a_year_is_kept_by_default_and_all_with_nought_days(settings: Any) -> None:
    assert settings.RETENTION_RUNS_DAYS == 365
    settings.RETENTION_RUNS_DAYS = 0
    run = a_run("completed", OLD)
    drop_old_data()
    assert left() == {run.run_id}


@pytest.mark.django_db(databases=["default", "readwrite"], transaction=True)
def test_the_workers_role_may_delete_them_and_nothing_of_the_audit_log() -> None:
    with connections["readwrite"].cursor() as cursor:
        cursor.execute(
            "SELECT name, has_table_privilege(current_user, name, 'DELETE')"
            " FROM unnest(%s::text[]) AS name",
            [[*(model._meta.db_table for model in WORK), *forget(), "processing_audit"]],
        )
        may = dict(cursor.fetchall())
    connections["readwrite"].close()
    assert not may.pop("processing_audit")
    assert all(may.values())
