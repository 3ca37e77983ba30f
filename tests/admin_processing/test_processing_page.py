"""The page for daily processing as the server draws it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client

from admin_processing import daily_page
from admin_processing.models import ProcessingFailure, ProcessingLog, ProcessingRun
from admin_processing.runs import ledger
from market.models import Symbol, Universe, UniverseMember
from tests.admin_processing.admin_rows import a_run

pytestmark = pytest.mark.django_db

PATH = "/admin/daily-processing"
# A Tuesday; New York is five hours behind UTC.
NOW = datetime(2026, 11, 24, 22, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "now", lambda: NOW)


@pytest.fixture
def staff(redis_client: redis.Redis) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("ada", is_staff=True))
    return client


def text(answer: Any) -> str:
    """What a reader sees, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.parametrize("path", [PATH, f"{PATH}/now"])
def test_it_is_for_staff_alone(client: Client, path: str) -> None:
    assert client.get(path).status_code == 302
    client.force_login(User.objects.create_user("tom"))
    assert client.get(path).status_code == 302
    assert client.get(path).headers["location"].startswith("/admin/login/")


def test_it_is_read_not_written_to(staff: Client) -> None:
    assert staff.post(PATH).status_code == 405
    assert staff.get(PATH + "/").headers["location"] == PATH


def test_before_the_first_run_it_says_so_and_when_the_next_begins(staff: Client) -> None:
    shown = text(staff.get(PATH))
    assert "Nothing has run yet" in shown
    assert "Tue 24 Nov, 20:30" in shown
    assert "There has been no run yet." in shown


def test_a_run_under_way_is_shown_with_phases_failures_log_and_a_way_to_end_it(
    staff: Client,
) -> None:
    run = a_run(phase="indicators", parameters={"phases": ["import", "indicators"]})
    ProcessingFailure.objects.create(run=run, phase="import", symbol="BRK.B", error="no <answer>")
    ProcessingLog.objects.create(run=run, phase="import", message="4 to do", timestamp=NOW)
    answer = staff.get(PATH)
    shown = text(answer)
    assert "Computing indicators" in shown
    assert "Daily run by operator, began 17:00:00 New York" in shown
    assert "63 %" in shown  # import is over, a quarter of indicators is done: (1 + 1/4) / 2
    assert "3 of 4, 1 failed · 1,234 rows · 1 min 30 s" in shown
    assert "2 of 8" in shown
    assert "BRK.B import no &lt;answer&gt; 1 open" in shown
    assert "17:05:00 import 4 to do" in shown
    page = answer.content.decode()
    assert f'href="/admin/admin_processing/processingrun/{run.pk}/change/"' in page
    assert '<progress max="100" value="62.5" aria-label="The whole run"' in page
    assert re.search(r"<button[^>]*data-cancel>Cancel this run", page)


def test_the_last_run_is_shown_with_its_reason_and_nothing_to_cancel(staff: Client) -> None:
    a_run(status="failed", error="import: none of 4 could be done", finished_at=NOW)
    answer = staff.get(PATH)
    shown = text(answer)
    assert "The last run failed" in shown
    assert "ended Tue 24 Nov, 17:05 New York, took 5 min 00 s" in shown
    assert shown.count("import: none of 4 could be done") == 2  # of the run, and in the table
    assert re.search(r"<button[^>]*data-cancel hidden>", answer.content.decode())


def test_a_queued_run_that_nobody_takes_names_the_command(staff: Client) -> None:
    ProcessingRun.objects.create(kind="manual", triggered_by="ada")
    shown = text(staff.get(PATH))
    assert "Waiting for a worker" in shown
    assert "No worker is alive to take it. Start one: celery -A celery_app worker" in shown


def test_without_redis_it_is_drawn_from_the_database(staff: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    ProcessingRun.objects.create(kind="manual", triggered_by="ada")
    shown = text(staff.get(PATH))
    assert "Waiting for a worker" in shown
    assert "Redis does not answer, so a worker takes it when it next looks" in shown


def test_universes_that_have_members_and_sources_that_are_set_up_can_be_chosen(
    staff: Client, settings: Any
) -> None:
    settings.MASSIVE_API_KEY, settings.IMPORT_FOLDER = "a-key", ""
    Universe.objects.create(key="fruit:none")
    symbol = Symbol.objects.create(symbol="AAPL")
    full = Universe.objects.create(key="fruit:all")
    UniverseMember.objects.create(universe=full, symbol=symbol)
    page = staff.get(PATH).content.decode()
    assert '<option value="fruit:all">fruit:all (1)</option>' in page
    assert "fruit:none" not in page
    assert '<option value="massive">' in page
    assert '<option value="folder">' not in page
    assert "a-key" not in page


def test_failures_that_wait_for_a_retry_are_counted(staff: Client) -> None:
    run = ProcessingRun.objects.create(kind="daily", status="completed")
    for symbol in ("AAPL", "MSFT"):
        ProcessingFailure.objects.create(run=run, phase="import", symbol=symbol, error="429")
    assert "2 imports failed and wait for a retry by hand." in text(staff.get(PATH))


def test_there_is_no_script_or_style_in_the_page(staff: Client) -> None:
    a_run()
    page = staff.get(PATH).content.decode()
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert "<style" not in page
    assert re.findall(r"\s(?:style|on[a-z]+)=", page) == []
    assert "unsafe" not in staff.get(PATH).headers["content-security-policy"]


def test_what_changes_is_the_same_as_on_the_page(staff: Client) -> None:
    a_run()
    page, parts = (staff.get(path).content.decode() for path in (PATH, f"{PATH}/now"))
    names = re.findall(r'data-part="(\w+)"', parts)
    assert sorted(names) == sorted(re.findall(r'data-part="(\w+)"', page))
    assert len(names) == 8
    assert "<html" not in parts


def test_without_a_database_it_is_an_error_page_that_says_so(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(now: datetime) -> Any:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(daily_page, "now_context", away)
    staff.raise_request_exception = False
    answer = staff.get(PATH)
    assert answer.status_code == 503
    assert "The database does not answer." in text(answer)
