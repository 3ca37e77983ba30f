"""The processing API as staff, traders and programs meet it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from celery import current_app
from django.contrib.auth.models import User
from django.test import Client
from django_celery_beat.models import PeriodicTask

from admin_processing import schedules
from admin_processing.models import AuditEntry, ProcessingFailure, ProcessingRun
from admin_processing.tasks import start_run
from streaming.heartbeats import PREFIX
from tickstock_site.models import issue

pytestmark = pytest.mark.django_db

TRIGGERS = (
    "trigger-manual",
    "daily/trigger",
    "trigger-import",
    "trigger-indicators",
    "retry-imports",
    "schedule",
)


@pytest.fixture(autouse=True)
def woken(monkeypatch: Any) -> list[str]:
    sent: list[str] = []
    monkeypatch.setattr("admin_processing.runs.wake.wake_worker", lambda task: sent.append(task))
    return sent


@pytest.fixture
def admin(redis_client: redis.Redis) -> Client:
    client = Client(REMOTE_ADDR="10.1.2.3")
    client.force_login(User.objects.create_user("ada", is_staff=True))
    return client


@pytest.fixture
def trader() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("tom"))
    return client


def post(client: Client, path: str, body: Any = None) -> Any:
    return client.post(
        f"/api/processing/{path}", json.dumps(body or {}), content_type="application/json"
    )


@pytest.mark.parametrize("path", TRIGGERS)
def test_a_trader_is_refused_every_trigger(trader: Client, path: str) -> None:
    answer = post(trader, path)
    assert answer.status_code == 403
    assert answer.json() == {
        "error": "Forbidden",
        "detail": "Only staff may look after processing.",
    }
    assert not ProcessingRun.objects.exists()


@pytest.mark.parametrize("path", ["status", "history", "schedule"])
def test_a_trader_sees_nothing_of_processing(trader: Client, path: str) -> None:
    assert trader.get(f"/api/processing/{path}").status_code == 403
    assert trader.delete("/api/processing/cancel").status_code == 403


@pytest.mark.parametrize("path", TRIGGERS)
def test_without_a_sign_in_the_answer_is_401(client: Client, path: str) -> None:
    assert post(client, path).status_code == 401


def test_a_trigger_without_csrf_token_is_refused(db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user("ada", is_staff=True))
    assert post(client, "trigger-manual").status_code == 403
    assert not ProcessingRun.objects.exists()


def test_a_program_with_a_token_of_staff_needs_no_csrf_token(redis_client: redis.Redis) -> None:
    _, secret = issue(User.objects.create_user("ada", is_staff=True), "evening")
    client = Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {secret}"})
    assert post(client, "trigger-manual").status_code == 202


def test_a_manual_run_is_queued_with_what_was_asked_and_the_audit_log_says_who(
    admin: Client, woken: list[str]
) -> None:
    answer = post(admin, "trigger-manual", {"skip_market_check": True, "universe": "sp500:all"})
    assert answer.status_code == 202
    run = ProcessingRun.objects.get()
    assert answer.json()["run_id"] == str(run.run_id)
    assert (run.kind, run.status, run.triggered_by) == ("manual", "queued", "ada")
    assert run.parameters == {
        "phases": ["import", "cache", "indicators", "patterns"],
        "universe": "sp500:all",
        "skip_market_check": True,
    }
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.source, entry.action, entry.outcome, entry.run_id) == (
        "ada",
        "10.1.2.3",
        "trigger manual",
        "accepted",
        run.run_id,
    )
    assert woken == ["admin_processing.tasks.work_on_runs"]


def test_an_answer_says_when_no_worker_is_alive(admin: Client, redis_client: redis.Redis) -> None:
    answer = post(admin, "trigger-import").json()
    assert answer["worker_alive"] is False
    assert "no worker is alive to take it" in answer["message"]
    admin.delete("/api/processing/cancel")
    redis_client.set(PREFIX + "worker", "{}")
    assert post(admin, "trigger-import").json()["worker_alive"] is True


def test_a_second_run_is_a_409_that_names_the_first(admin: Client) -> None:
    run_id = post(admin, "trigger-manual").json()["run_id"]
    answer = post(admin, "daily/trigger")
    assert answer.status_code == 409
    assert f"manual run {run_id} is queued" in answer.json()["detail"]
    assert ProcessingRun.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"phases": ["imports"]}, "phases"),
        ({"since": "yesterday"}, "since"),
        ({"symbols": ["A" * 25]}, "symbol 'AAAAAAAAAAAAAAAAAAAAAAAAA' is not a name of 1 to 24"),
        ({"universe": "x\x00"}, "universe"),
        ({"skip_market_chek": True}, "skip_market_chek"),
    ],
)
def test_what_can_not_be_done_is_named(admin: Client, body: Any, told: str) -> None:
    answer = post(admin, "trigger-manual", body)
    assert answer.status_code == 422
    assert told in answer.json()["detail"]


def test_cancel_ends_what_nobody_has_begun_and_then_there_is_nothing_left(admin: Client) -> None:
    run_id = post(admin, "trigger-manual").json()["run_id"]
    answer = admin.delete("/api/processing/cancel")
    assert (answer.status_code, answer.json()["run_id"]) == (202, run_id)
    assert ProcessingRun.objects.get().status == "cancelled"
    assert admin.delete("/api/processing/cancel").status_code == 404
    assert AuditEntry.objects.filter(action="cancel").count() == 2


def test_status_shows_the_run_under_way_with_its_phases_and_when_the_next_begins(
    admin: Client,
) -> None:
    began = datetime(2026, 11, 24, 1, 30, tzinfo=UTC).isoformat()
    counts = {"total": 10, "done": 4, "failed": 1, "rows": 40, "started_at": began}
    run = ProcessingRun.objects.create(
        kind="daily",
        status="running",
        phase="import",
        parameters={"phases": ["import", "cache"]},
        counts={"import": counts | {"finished_at": None}},
    )
    ProcessingFailure.objects.create(run=run, phase="import", symbol="AAPL", error="no answer")
    told = admin.get("/api/processing/status").json()
    assert told["running"] is True
    assert (told["run"]["percent"], told["run"]["failures"]) == (25.0, 1)
    assert [phase["name"] for phase in told["run"]["phases"]] == ["import", "cache"]
    assert told["run"]["phases"][0]["done"] == 4
    assert told["last_run"] is None
    assert datetime.fromisoformat(told["next_run_at"]) > datetime.now(UTC)


def test_history_comes_newest_first_page_by_page(admin: Client) -> None:
    made = [
        ProcessingRun.objects.create(
            kind="daily", status="completed", created_at=datetime(2026, 11, day, 1, tzinfo=UTC)
        )
        for day in range(1, 6)
    ]
    first = admin.get("/api/processing/history?limit=3").json()
    second = admin.get(
        "/api/processing/history", {"limit": 3, "before": first["next_before"]}
    ).json()
    seen = [run["run_id"] for page in (first, second) for run in page["runs"]]
    assert seen == [str(run.run_id) for run in reversed(made)]
    assert second["next_before"] is None


def test_a_retry_takes_the_last_run_that_has_failures_left(admin: Client) -> None:
    assert post(admin, "retry-imports").status_code == 404
    run = ProcessingRun.objects.create(kind="daily", status="completed")
    ProcessingFailure.objects.create(run=run, phase="import", symbol="AAPL", error="no answer")
    assert post(admin, "retry-imports").status_code == 202
    retry = ProcessingRun.objects.get(kind="retry")
    assert retry.parameters["retry_of"] == str(run.run_id)
    assert retry.parameters["phases"] == ["import"]


def test_the_schedule_is_changed_and_told(admin: Client, redis_client: redis.Redis) -> None:
    with redis_client.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe("tickstock:processing:schedule")
        listener.get_message(timeout=1)
        answer = post(admin, "schedule", {"time": "18:45", "days": ["mon", "fri"]})
        assert answer.status_code == 200
        messages = [listener.get_message(timeout=1) for _ in range(3)]
    event = next(json.loads(m["data"]) for m in messages if m)
    assert event["type"] == "schedule_updated"
    task = PeriodicTask.objects.get(name=schedules.DAILY)
    assert (task.crontab.hour, task.crontab.minute) == ("18", "45")
    assert str(task.crontab.timezone) == "America/New_York"
    told = admin.get("/api/processing/schedule").json()["schedules"]
    daily = next(entry for entry in told if entry["name"] == schedules.DAILY)
    assert (daily["time"], daily["days"]) == ("18:45", ["mon", "fri"])
    assert event["schedule"]["next_run_at"] == daily["next_run_at"]
    assert AuditEntry.objects.get(action="schedule").detail["time"] == "18:45"


def test_a_schedule_that_is_changed_in_the_administration_is_told_and_audited_too(
    redis_client: redis.Redis,
) -> None:
    client = Client(REMOTE_ADDR="10.9.9.9")
    client.force_login(User.objects.create_superuser("root"))
    task = PeriodicTask.objects.get(name=schedules.DAILY)
    with redis_client.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe("tickstock:processing:schedule")
        listener.get_message(timeout=1)
        chosen = {"action": "disable_tasks", "_selected_action": [task.pk]}
        client.post("/admin/django_celery_beat/periodictask/", chosen)
        messages = [listener.get_message(timeout=1) for _ in range(3)]
    event = next(json.loads(m["data"]) for m in messages if m)
    assert (event["schedule"]["name"], event["schedule"]["enabled"]) == (schedules.DAILY, False)
    entry = AuditEntry.objects.get(action="schedule")
    assert (entry.who, entry.source, entry.detail) == (
        "root",
        "10.9.9.9",
        {"name": schedules.DAILY, "enabled": False},
    )


def test_an_unknown_schedule_is_a_404_that_names_those_there_are(admin: Client) -> None:
    answer = post(admin, "schedule", {"name": "Nightly"})
    assert answer.status_code == 404
    assert schedules.DAILY in answer.json()["detail"]


@pytest.mark.parametrize(
    ("now", "following"),
    [
        # Thanksgiving 2026 is 26 November; New York is five hours behind UTC.
        ("2026-11-25T12:00+00:00", "2026-11-26T01:30+00:00"),
        ("2026-11-26T12:00+00:00", "2026-11-28T01:30+00:00"),
        # Daylight saving ended on 1 November 2026: four hours before it, five after.
        ("2026-10-30T12:00+00:00", "2026-10-31T00:30+00:00"),
        ("2026-10-31T12:00+00:00", "2026-11-03T01:30+00:00"),
    ],
)
def test_the_next_run_falls_on_a_day_with_a_session(now: str, following: str) -> None:
    task = PeriodicTask.objects.get(name=schedules.DAILY)
    found = schedules.next_run(task, datetime.fromisoformat(now))
    assert found == datetime.fromisoformat(following)


def test_a_schedule_that_is_off_has_no_next_run(admin: Client) -> None:
    post(admin, "schedule", {"enabled": False})
    told = admin.get("/api/processing/schedule").json()["schedules"]
    assert [e["next_run_at"] for e in told if e["name"] == schedules.DAILY] == [None]


def test_the_schedules_name_a_task_that_exists_and_that_queues_a_run() -> None:
    current_app.loader.import_default_modules()
    tasks = PeriodicTask.objects.filter(task=start_run.name, enabled=True).order_by("name")
    kinds = [json.loads(task.kwargs) for task in tasks]
    assert kinds == [{"kind": "daily"}, {"kind": "night", "phases": ["heal", "reconcile"]}]
    start_run(**kinds[0])
    run = ProcessingRun.objects.get()
    assert (run.kind, run.status, run.triggered_by) == ("daily", "queued", "schedule")
    start_run(**kinds[1])  # one is under way
    assert ProcessingRun.objects.count() == 1
