"""The administration in a browser: no complaint, nothing wider than the screen, and it can be used.

The server runs as the web process does, each connection in its own role.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest

from tests.browser.test_accessibility import serious

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

TABLES = "processing_runs, processing_chunks, processing_failures, processing_log, rejected_rows, "
TABLES += "fidelity_days, feed_gaps"
COUNTS = {
    "import": {"total": 4, "done": 3, "failed": 1, "rows": 1234, "finished_at": None},
    "cache": {"total": 8, "done": 0, "failed": 0, "rows": 0, "finished_at": None},
}


@pytest.fixture
def run(owner) -> Iterator[str]:
    """A run with a failure and a log, and something wrong with the data; all gone afterwards."""
    run_id = str(uuid.uuid4())
    owner.execute(
        "INSERT INTO processing_runs (run_id, kind, status, triggered_by, started_at, counts) "
        "VALUES (%s, 'daily', 'running', 'operator', now(), %s)",
        [run_id, json.dumps(COUNTS)],
    )
    owner.execute(
        "INSERT INTO processing_failures (run_id, phase, symbol, error) "
        "VALUES (%s, 'import', 'BRK.B', '429 Too Many Requests, again and again and again')",
        [run_id],
    )
    owner.execute(
        "INSERT INTO processing_log (run_id, message) SELECT %s, 'line ' || n "
        "FROM generate_series(1, 80) AS n",
        [run_id],
    )
    owner.execute(
        "INSERT INTO rejected_rows (source, timeframe, symbol, timestamp, reason) "
        "SELECT 'massive', '1d', 'S' || n, now(), 'high_below_low' FROM generate_series(1, 7) n"
    )
    owner.execute(
        "INSERT INTO fidelity_days (day, source, score) "
        "SELECT current_date - n, 'massive', 1 - n / 10000.0 FROM generate_series(1, 20) n"
    )
    yield run_id
    owner.execute(f"TRUNCATE {TABLES} CASCADE")


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_width_or_theme_is_complained_about(visit, run, scheme, width):
    size = {"width": width, "height": 900}
    seen = visit("/admin/", color_scheme=scheme, viewport=size)
    for path in (
        "/admin/",
        f"/admin/admin_processing/processingrun/{run}/change/",
        "/admin/data-quality/",
        "/admin/admin_processing/processingrun/",
        "/admin/admin_processing/rejectedrow/?resolved_at__isnull=True",
        "/admin/django_celery_beat/periodictask/add/",
        "/admin/auth/user/add/",
    ):
        seen.page.goto(path)
        assert seen.page.evaluate("document.documentElement.scrollWidth") == width, path
    assert seen.complaints == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_with_rows_has_a_serious_violation(visit, run, scheme, width):
    size = {"width": width, "height": 900}
    page = visit("/admin/", color_scheme=scheme, viewport=size).page
    for path in (
        f"/admin/admin_processing/processingrun/{run}/change/",
        "/admin/data-quality/",
        "/admin/admin_processing/processingfailure/",
        "/admin/admin_processing/rejectedrow/?resolved_at__isnull=True",
        "/admin/admin_processing/fidelityday/",
    ):
        page.goto(path)
        assert serious(page) == [], path


def test_a_run_shows_how_far_each_phase_is_and_the_newest_line_of_its_log(visit, run):
    seen = visit(f"/admin/admin_processing/processingrun/{run}/change/")
    page = seen.page
    phase = page.locator(".phase").filter(has_text="Import")
    expect(phase).to_contain_text("3 of 4, 1 failed")
    whole, good = (phase.locator(f"rect.{kind}").bounding_box() for kind in ("whole", "good"))
    assert good["width"] == pytest.approx(whole["width"] * 0.75, abs=1)
    page.get_by_role("region", name="Log").scroll_into_view_if_needed()
    expect(page.get_by_text("line 80", exact=True)).to_be_in_viewport()
    expect(page.get_by_text("line 1", exact=True)).not_to_be_in_viewport()
    assert seen.complaints == []


def test_figures_of_data_quality_lead_to_the_rows(visit, run):
    page = visit("/admin/data-quality/").page
    page.get_by_role("link", name="high below low").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(7)
    expect(page.get_by_role("link", name="Open", exact=True)).to_have_attribute(
        "aria-current", "true"
    )
    page.get_by_role("link", name="Clear all filters").click()
    page.get_by_role("searchbox").fill("S3")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)


def test_on_a_phone_the_navigation_opens_and_closes(visit, run):
    seen = visit("/admin/", viewport={"width": 360, "height": 740})
    page = seen.page
    menu = page.get_by_role("navigation", name="Administration")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    menu.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    expect(page.get_by_role("navigation", name="Administration")).to_be_hidden()
    assert seen.complaints == []


def test_the_way_back_to_the_dashboard_and_the_theme_are_at_hand(visit):
    page = visit("/admin/", color_scheme="light").page
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Switch to the dark theme").click()
    assert page.evaluate(ground) != light
    page.get_by_role("link", name="Dashboard").click()
    page.wait_for_url(lambda url: url.endswith("/"))
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_schedule_is_made_and_switched_off_by_the_web(visit, owner):
    owner.execute(
        "INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (17, 'minutes')"
    )
    try:
        seen = visit("/admin/django_celery_beat/periodictask/add/")
        page = seen.page
        page.get_by_label("Name").fill("Now and then")
        page.get_by_label("Task").select_option(label="drop_old_data")
        page.get_by_label("Interval").select_option(label="every 17 minutes")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("was added successfully")).to_be_visible()
        page.get_by_role("link", name="Now and then", exact=True).click()
        page.get_by_label("Enabled").uncheck()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("was changed successfully")).to_be_visible()
        found = owner.execute(
            "SELECT task, enabled FROM django_celery_beat_periodictask WHERE name = 'Now and then'"
        ).fetchall()
        assert found == [("admin_processing.tasks.drop_old_data", False)]
        assert seen.complaints == []
    finally:
        owner.execute(
            "DELETE FROM django_celery_beat_periodictask WHERE name = 'Now and then';"
            "DELETE FROM django_celery_beat_intervalschedule WHERE every = 17"
        )
