"""Runs from their trigger to their end, by one worker and by several."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection

from admin_processing.models import (
    AuditEntry,
    ProcessingChunk,
    ProcessingFailure,
    ProcessingLog,
    ProcessingRun,
)
from admin_processing.runs import ledger, triggers
from admin_processing.runs.phase import PhaseFailed
from admin_processing.runs.triggers import NothingToCancel, RunUnderWay
from admin_processing.runs.worker import Step, step, work_through
from patterns.models import OutboxEvent
from tests.admin_processing.runs.conftest import DAILY, TESTER, Ear, MadeUp, ask, counts, row

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = ["processing_started"]
for _name in DAILY:
    ORDER += [f"{_name}_{moment}" for moment in ("started", "progress", "completed")]
ORDER.append("processing_completed")


def without_calculated(types: list[str]) -> list[str]:
    """`indicators_calculated` comes between the progress of indicators."""
    kept: list[str] = []
    for kind in types:
        if kind != "indicators_calculated" and (not kept or kept[-1] != kind):
            kept.append(kind)
    return kept


def test_a_run_goes_through_its_phases_in_order_and_says_so(
    phases: dict[str, MadeUp], ear: Ear
) -> None:
    run_id = ask()
    work_through()
    ear.__exit__()
    assert row(run_id, "status", "error") == ("completed", "")
    assert without_calculated(ear.types()) == ORDER
    assert OutboxEvent.objects.count() == 0
    for name in DAILY:
        own = counts(run_id)[name]
        assert (own["total"], own["done"], own["failed"], own["rows"]) == (12, 12, 0, 120)
        assert sorted(phases[name].worked) == sorted(
            f"{name}{c}.{u}" for c in range(3) for u in range(4)
        )


def test_events_have_what_the_contract_says(phases: dict[str, MadeUp], ear: Ear) -> None:
    run_id = ask(phases=["import"])
    work_through()
    ear.__exit__()
    by_type = {event["type"]: (channel, event) for channel, event in ear.heard}
    channel, began = by_type["processing_started"]
    assert channel == "tickstock:processing:status"
    assert began["run"] == {
        "run_id": run_id,
        "kind": "daily",
        "phase": "",
        "status": "running",
        "percent": 0.0,
    }
    channel, progress = by_type["import_progress"]
    assert channel == "tickstock:import:progress"
    assert progress["run_id"] == run_id
    assert (progress["done"], progress["total"], progress["failed"]) == (12, 12, 0)
    assert progress["eta_seconds"] == 0.0
    assert progress["symbol"].startswith("import")
    assert by_type["processing_completed"][1]["run"]["percent"] == 100.0
    done = [event["done"] for _, event in ear.heard if event["type"] == "import_progress"]
    assert done == list(range(1, 13))


def test_four_workers_share_the_chunks_and_events_stay_in_order(
    phases: dict[str, MadeUp], ear: Ear
) -> None:
    for phase in phases.values():
        phase.during = lambda unit: time.sleep(0.01)
    run_id = ask()

    def work() -> None:
        try:
            work_through()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    ear.__exit__()
    assert row(run_id, "status") == "completed"
    assert without_calculated(ear.types()) == ORDER
    for name in DAILY:
        assert len(phases[name].worked) == 12
        done = [e["done"] for _, e in ear.heard if e["type"] == f"{name}_progress"]
        assert done == list(range(1, 13))


def test_a_second_run_is_refused_while_one_is_open_and_the_audit_log_has_both(
    phases: dict[str, MadeUp],
) -> None:
    run_id = ask()
    with pytest.raises(RunUnderWay, match=f"daily run {run_id} is queued; one run"):
        ask()
    work_through()
    ask()
    assert (
        list(AuditEntry.objects.order_by("id").values_list("who", "source", "action"))
        == [("tester", "127.0.0.1", "trigger")] * 3
    )
    outcomes = AuditEntry.objects.order_by("id").values_list("outcome", flat=True)
    assert outcomes[0] == outcomes[2] == "accepted"
    assert "one run is worked on at a time" in outcomes[1]


def test_a_run_that_nobody_has_begun_is_cancelled_at_once(
    phases: dict[str, MadeUp], ear: Ear
) -> None:
    run_id = ask()
    assert triggers.cancel(TESTER) == run_id
    ear.__exit__()
    assert row(run_id, "status", "note") == ("cancelled", "cancelled by tester")
    assert ear.types() == ["processing_cancelled"]
    assert step("h") is Step.IDLE
    with pytest.raises(NothingToCancel):
        triggers.cancel(TESTER)


def test_a_cancel_in_the_middle_leaves_whole_units_and_no_more(
    phases: dict[str, MadeUp], ear: Ear
) -> None:
    def cancel_in_the_middle(unit: str) -> None:
        if unit == "indicators1.2":
            thread = threading.Thread(target=cancel)
            thread.start()
            thread.join()

    def cancel() -> None:
        triggers.cancel(TESTER)
        connection.close()

    phases["indicators"].during = cancel_in_the_middle
    run_id = ask()
    work_through()
    ear.__exit__()
    assert row(run_id, "status") == "cancelled"
    assert ear.types()[-1] == "processing_cancelled"
    assert counts(run_id)["indicators"]["done"] == 6
    chunks = ProcessingChunk.objects.filter(phase="indicators", stage=0).order_by("position")
    assert list(chunks.values_list("done", flat=True)) == [4, 2, 0]
    assert phases["patterns"].worked == []


def test_a_cancel_waits_for_nobody_who_waits_for_a_slow_server(
    phases: dict[str, MadeUp], ear: Ear
) -> None:
    ended_meanwhile: list[str] = []

    def answer_slowly(unit: str) -> None:
        if unit == "import1.2":
            thread = threading.Thread(target=cancel)
            thread.start()
            thread.join()
            for _ in range(100):
                ended_meanwhile.append(row(run_id, "status"))
                if ended_meanwhile[-1] == "cancelled":
                    return
                time.sleep(0.1)

    def cancel() -> None:
        triggers.cancel(TESTER)
        connection.close()

    phases["import"].during = answer_slowly
    run_id = ask()
    work_through()
    ear.__exit__()
    assert ended_meanwhile[-1] == "cancelled"
    assert counts(run_id)["import"]["done"] == 6
    assert ear.types()[-1] == "processing_cancelled"


def test_a_worker_that_dies_leaves_the_rest_of_its_chunk_to_others(
    phases: dict[str, MadeUp],
) -> None:
    class Killed(BaseException):
        """As kill -9: nothing of the worker's runs any more."""

    def die_once(unit: str) -> None:
        if unit == "import1.2" and phases["import"].worked.count("import1.1") == 1:
            phases["import"].during = lambda unit: None
            raise Killed

    phases["import"].during = die_once
    run_id = ask()
    with pytest.raises(Killed):
        work_through()
    ProcessingChunk.objects.filter(status="working").update(lease_until=ledger.now())
    work_through()
    assert row(run_id, "status") == "completed"
    assert counts(run_id)["import"]["done"] == 12
    assert sorted(phases["import"].worked) == sorted(
        f"import{c}.{u}" for c in range(3) for u in range(4)
    )


def test_a_plan_that_is_made_twice_is_kept_once(phases: dict[str, MadeUp]) -> None:
    """A planner whose lease ran out while it planned finds that somebody else has."""
    others: list[str] = []

    def plan_slowly(request: Any) -> Any:
        if not others:
            others.append("taken")
            ProcessingChunk.objects.filter(status="working").update(
                holder="somebody else", lease_until=ledger.now()
            )
        return phases["import"].plans

    phases["import"].plan = plan_slowly  # type: ignore[method-assign]
    run_id = ask(phases=["import"])
    work_through()
    assert row(run_id, "status") == "completed"
    assert counts(run_id)["import"]["total"] == counts(run_id)["import"]["done"] == 12


def test_a_chunk_whose_lease_is_lost_writes_nothing_more(phases: dict[str, MadeUp]) -> None:
    def lose(unit: str) -> None:
        if unit == "import0.1":
            phases["import"].during = lambda unit: None
            ProcessingChunk.objects.filter(status="working").update(
                holder="somebody else", lease_until=ledger.now()
            )

    phases["import"].during = lose
    run_id = ask(phases=["import"])
    work_through()
    assert row(run_id, "status") == "completed"
    assert counts(run_id)["import"]["done"] == 12


def test_a_unit_that_fails_is_tried_again_and_its_failure_resolved(
    phases: dict[str, MadeUp], settings: Any, monkeypatch: Any
) -> None:
    settings.PROCESSING_RETRY_SECS = [0.1, 0.1]
    failing(phases["import"], {"import0.1": 1, "import2.3": 2}, monkeypatch)
    run_id = ask()
    work_through()
    assert row(run_id, "status") == "completed"
    own = counts(run_id)["import"]
    assert (own["total"], own["done"], own["failed"]) == (12, 12, 0)
    failures = ProcessingFailure.objects.order_by("symbol")
    assert [(f.symbol, f.attempts, f.resolved_at is not None) for f in failures] == [
        ("import0.1", 1, True),
        ("import2.3", 2, True),
    ]


def test_a_unit_that_fails_for_good_is_listed_and_the_run_goes_on(
    phases: dict[str, MadeUp], settings: Any, monkeypatch: Any
) -> None:
    settings.PROCESSING_RETRY_SECS = [0.1]
    failing(phases["import"], {"import0.1": 99}, monkeypatch)
    run_id = ask()
    work_through()
    assert row(run_id, "status") == "completed"
    own = counts(run_id)["import"]
    assert (own["total"], own["done"], own["failed"]) == (12, 11, 1)
    failure = ProcessingFailure.objects.get()
    assert (failure.symbol, failure.attempts, failure.error) == ("import0.1", 2, "out of order")
    assert failure.next_attempt_at is None
    assert failure.resolved_at is None
    assert failure.unit == {"name": "import0.1"}


def failing(phase: MadeUp, times: dict[str, int], monkeypatch: Any) -> None:
    """Let units fail so many times."""
    left = dict(times)

    def work(units: Any, work: Any) -> None:
        for unit in units[work.position :]:
            if left.get(unit["name"], 0) > 0:
                left[unit["name"]] -= 1
                work.failed(unit, "out of order")
            else:
                work.done(symbol=unit["name"])

    monkeypatch.setattr(phase, "work", work)


def test_a_phase_of_which_nothing_succeeds_fails_the_run(
    phases: dict[str, MadeUp], settings: Any, monkeypatch: Any
) -> None:
    settings.PROCESSING_RETRY_SECS = []
    names = {unit["name"]: 99 for plan in phases["import"].plans for unit in plan.units}
    failing(phases["import"], names, monkeypatch)
    run_id = ask()
    work_through()
    status, error = row(run_id, "status", "error")
    assert (status, error) == (
        "failed",
        "import: none of 12 could be done; see the failures",
    )
    assert phases["cache"].worked == []


def test_a_phase_that_can_not_be_planned_fails_the_run_with_its_reason(
    phases: dict[str, MadeUp], ear: Ear, monkeypatch: Any
) -> None:
    def refuse(request: Any) -> Any:
        raise PhaseFailed("the folder /data/bars is not there; set IMPORT_FOLDER")

    monkeypatch.setattr(phases["cache"], "plan", refuse)
    run_id = ask()
    work_through()
    ear.__exit__()
    assert row(run_id, "status", "error") == (
        "failed",
        "cache: the folder /data/bars is not there; set IMPORT_FOLDER",
    )
    assert ear.types()[-1] == "processing_failed"
    assert "set IMPORT_FOLDER" in ear.heard[-1][1]["run"]["error"]
    assert ProcessingLog.objects.filter(message__contains="IMPORT_FOLDER").exists()


def test_a_chunk_that_takes_down_every_worker_ends_the_run(phases: dict[str, MadeUp]) -> None:
    run_id = ask(phases=["import"])
    for _ in range(2):  # begun, planned
        step("h")
    ProcessingChunk.objects.filter(stage=0, position=1).update(attempts=ledger.MOST_ATTEMPTS)
    work_through()
    status, error = row(run_id, "status", "error")
    assert status == "failed"
    assert "was begun 5 times and never finished: its workers were killed" in error


def test_a_bug_in_a_phase_fails_the_run_and_names_it(phases: dict[str, MadeUp]) -> None:
    def divide(unit: str) -> None:
        raise ZeroDivisionError("division by zero")

    phases["patterns"].during = divide
    run_id = ask()
    work_through()
    assert row(run_id, "status", "error") == (
        "failed",
        "patterns: ZeroDivisionError: division by zero",
    )


def test_without_redis_the_run_goes_on_and_its_events_wait(
    phases: dict[str, MadeUp], settings: Any
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    run_id = ask(phases=["import"])
    work_through()
    assert row(run_id, "status") == "completed"
    assert OutboxEvent.objects.count() == 1 + 1 + 12 + 1 + 1


def test_on_a_day_without_a_session_the_run_says_so_and_stops(
    phases: dict[str, MadeUp], monkeypatch: Any, ear: Ear
) -> None:
    from datetime import UTC, datetime

    saturday = datetime(2026, 11, 28, 15, tzinfo=UTC)
    monkeypatch.setattr("admin_processing.runs.ledger.now", lambda: saturday)
    run_id = ask(skip_market_check=False)
    work_through()
    ear.__exit__()
    status, note = row(run_id, "status", "note")
    assert status == "skipped"
    assert note.startswith("the market was closed on Saturday 2026-11-28 (a weekend, XNYS)")
    assert ear.types() == ["processing_started", "processing_completed"]
    assert ear.heard[-1][1]["run"]["note"] == note
    assert phases["import"].worked == []
    assert ProcessingRun.objects.get().finished_at is not None
