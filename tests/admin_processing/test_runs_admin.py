"""Runs, failures, fidelity and schedules as an administrator sees them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks

from admin_processing.models import ProcessingChunk, ProcessingFailure, ProcessingLog
from tests.admin_processing.admin_rows import BAR, DAY, NOW, a_run, one_of_each, rejected, scored

pytestmark = pytest.mark.django_db

RUNS = "/admin/admin_processing/processingrun/"
SCHEDULES = "/admin/django_celery_beat/periodictask/"


@pytest.fixture
def superuser() -> User:
    return User.objects.create_superuser("operator")


@pytest.fixture
def operator(client: Client, superuser: User) -> Client:
    client.force_login(superuser)
    return client


def page_of(operator: Client, run) -> str:
    return operator.get(f"{RUNS}{run.pk}/change/").content.decode()


def test_the_list_of_runs_says_what_each_did(operator):
    a_run(status="completed", finished_at=NOW + timedelta(seconds=185))
    html = operator.get(RUNS).content.decode()
    assert '<span class="state state-good">completed</span>' in html
    assert "3 min 05 s" in html
    assert "import 3 of 4, 1 failed · indicators 2 of 8" in html


def test_a_run_shows_its_phases_as_bars(operator):
    html = page_of(operator, a_run())
    assert 'class="good" x="0.00%" width="75.00%"' in html
    assert 'class="bad" x="75.00%" width="25.00%"' in html
    assert "1,234 rows" in html
    for phase in ("Import", "Cache", "Indicators", "Patterns"):
        assert f"<b>{phase}</b>" in html


def test_a_run_shows_its_parameters_failures_and_chunks(operator):
    run = a_run(parameters={"symbols": ["AAPL", "BRK.B"], "skip_market_check": True})
    ProcessingFailure.objects.create(run=run, phase="import", symbol="V", error="<b>429</b>")
    ProcessingFailure.objects.create(run=a_run(status="failed"), phase="x", symbol="W", error="no")
    ProcessingChunk.objects.create(run=run, phase="import", position=3, holder="worker-7")
    html = page_of(operator, run)
    assert "Skip market check" in html
    assert "AAPL, BRK.B" in html
    assert "&lt;b&gt;429&lt;/b&gt;" in html
    assert ">W<" not in html
    assert "worker-7" in html


def test_the_log_of_a_run_ends_with_its_newest_line(operator):
    run = a_run()
    for n in range(250):
        ProcessingLog.objects.create(run=run, message=f"line {n}.")
    html = page_of(operator, run)
    assert "line 49." not in html
    assert html.index("line 50.") < html.index("line 249.")
    assert "the last 200 of 250" in html


def test_a_run_that_is_not_there_leads_back(operator):
    missing = f"{RUNS}00000000-0000-0000-0000-000000000000/change/"
    assert operator.get(missing).status_code == 302


@pytest.mark.parametrize(("state", "symbols"), [("True", ["AAPL"]), ("False", ["MSFT"])])
def test_failures_are_filtered_by_phase_and_by_whether_they_are_open(operator, state, symbols):
    run = a_run()
    for symbol, resolved in (("AAPL", None), ("MSFT", NOW)):
        ProcessingFailure.objects.create(
            run=run, phase="import", symbol=symbol, error="429", resolved_at=resolved
        )
    ProcessingFailure.objects.create(run=run, phase="patterns", symbol="V", error="no bars")
    query = f"?phase=import&resolved_at__isnull={state}"
    shown = operator.get(f"/admin/admin_processing/processingfailure/{query}")
    assert [row.symbol for row in shown.context["cl"].result_list] == symbols


def test_rejected_rows_are_found_by_reason_and_symbol(operator):
    rejected("AAPL", "duplicate")
    rejected("AAP", "duplicate")
    rejected("AAPL", "negative_volume")
    shown = operator.get("/admin/admin_processing/rejectedrow/?q=aapl&reason=duplicate")
    assert [row.symbol for row in shown.context["cl"].result_list] == ["AAPL"]
    page = operator.get(f"/admin/admin_processing/rejectedrow/{rejected('V', 'x').pk}/change/")
    assert "high 11.5" in page.content.decode()
    assert BAR["high"] == 11.5


def test_a_day_of_fidelity_has_its_score_and_leads_to_its_differences(operator, superuser):
    one_of_each(superuser)
    day = scored(DAY - timedelta(days=1), 2000, 3)
    html = operator.get("/admin/admin_processing/fidelityday/").content.decode()
    assert "99.850 %" in html
    html = operator.get(f"/admin/admin_processing/fidelityday/{day.pk}/change/").content.decode()
    assert f"?day={day.day}&amp;source=massive" in html
    differences = "/admin/admin_processing/fidelitydifference/"
    shown = operator.get(f"{differences}?day={DAY}&source=massive&explained=no")
    assert "none at the provider" in shown.content.decode()


def schedule() -> PeriodicTask:
    crontab = CrontabSchedule.objects.create(minute="30", hour="17", timezone="America/New_York")
    return PeriodicTask.objects.create(
        name="Evening", task="admin_processing.tasks.drop_old_data", crontab=crontab
    )


def given(schedule: PeriodicTask, **changed: object) -> dict[str, object]:
    values: dict[str, object] = {"name": schedule.name, "task": schedule.task, "kwargs": "{}"}
    values["crontab"] = schedule.crontab_id
    return values | changed


def test_a_schedule_is_switched_off_and_beat_is_told(operator):
    task = schedule()
    before = PeriodicTasks.last_change()
    answer = operator.post(f"{SCHEDULES}{task.pk}/change/", given(task))  # without `enabled`
    assert answer.status_code == 302, answer.context["errors"]
    task.refresh_from_db()
    assert not task.enabled
    assert PeriodicTasks.last_change() > before


@pytest.mark.parametrize("arguments", ["[1]", "{", "3"])
def test_arguments_of_a_schedule_are_json_with_names(operator, arguments):
    task = schedule()
    answer = operator.post(f"{SCHEDULES}{task.pk}/change/", given(task, kwargs=arguments))
    assert answer.status_code == 200
    assert "JSON with names" in answer.content.decode()


def test_a_schedule_starts_a_task_that_there_is(operator):
    task = schedule()
    answer = operator.post(f"{SCHEDULES}{task.pk}/change/", given(task, task="os.system"))
    assert "task" in answer.context["adminform"].form.errors


def test_a_schedule_is_said_in_words_with_its_zone(operator):
    schedule()
    html = operator.get(SCHEDULES).content.decode()
    assert "At 05:30 PM America/New_York" in html
