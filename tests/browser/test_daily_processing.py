"""The page for daily processing: a run from its button to its end, and what goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from redis import Redis

from tests.browser.conftest import PROJECT, Server, open_pages
from tests.browser.made_worker import GO, READY
from tests.browser.test_accessibility import serious
from tests.chaos.proxy import Proxy
from tickstock_site.processes import URL_OF_ROLE

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

PATH = "/admin/daily-processing"
TABLES = "processing_runs, processing_chunks, processing_failures, processing_log, processing_audit"


@dataclass
class Workshop:
    """Starts workers, and tells them how many units they may do."""

    environment: dict[str, str]
    redis: Redis

    @contextmanager
    def worker(self, **asked: Any) -> Iterator[None]:
        environment = self.environment | {"TICKSTOCK_PROCESS": "worker"}
        command = [sys.executable, "-m", "tests.browser.made_worker", json.dumps(asked)]
        with subprocess.Popen(command, cwd=PROJECT, env=environment) as process:
            try:
                assert self.redis.blpop([READY], timeout=30), "the worker did not start"
                yield
            finally:
                process.terminate()

    def go(self, units: int) -> None:
        """Let so many units be done."""
        self.redis.rpush(GO, *["go"] * units)


@pytest.fixture
def workshop(environment: dict[str, str], redis_url: str, owner: Any) -> Iterator[Workshop]:
    with Redis.from_url(redis_url, socket_timeout=60) as redis:
        redis.flushall()
        yield Workshop(environment, redis)
        redis.flushall()
    owner.execute(f"TRUNCATE {TABLES} CASCADE")


@pytest.fixture
def universe(owner: Any) -> Iterator[None]:
    owner.execute("INSERT INTO symbols (symbol, name) VALUES ('AAPL', 'Apple Inc.')")
    owner.execute("INSERT INTO universes (key) VALUES ('fruit:all')")
    owner.execute("INSERT INTO universe_members (universe, symbol) VALUES ('fruit:all', 'AAPL')")
    yield
    owner.execute("TRUNCATE universes, universe_members, symbols CASCADE")


@dataclass
class Fragile:
    """A server whose Redis and database can be taken away."""

    server: Server
    redis: Proxy
    database: Proxy


@pytest.fixture(scope="module")
def fragile(environment: dict[str, str], tmp_path_factory: Any) -> Iterator[Fragile]:
    uncollected = str(tmp_path_factory.mktemp("static"))
    values = environment | {"TICKSTOCK_PROCESS": "web", "DEBUG": "0", "STATIC_ROOT": uncollected}
    redis, database = Proxy(values["REDIS_URL"]), Proxy(values["DATABASE_URL"])
    values["REDIS_URL"] = through(redis, values["REDIS_URL"])
    for name in URL_OF_ROLE.values():
        values[name] = through(database, values[name])
    server = Server(values)
    server.start()
    yield Fragile(server, redis, database)
    server.stop()
    redis.close()
    database.close()


def through(proxy: Proxy, url: str) -> str:
    """The address by way of the proxy."""
    parts = urlsplit(url)
    who = parts.netloc.rpartition("@")[0]
    place = f"127.0.0.1:{proxy.port}"
    return parts._replace(netloc=f"{who}@{place}" if who else place).geturl()


def begin(page: Any) -> None:
    page.get_by_label("Also on a day when the market is closed").check()
    page.get_by_role("button", name="Run now").click()


def headline(page: Any) -> Any:
    return page.locator('[data-part="status"] .headline')


def phase(page: Any, name: str) -> Any:
    return page.locator(f'[data-phase="{name}"]')


def test_a_run_is_begun_by_the_button_and_followed_to_its_end_without_a_reload(
    visit: Callable[..., Any], workshop: Workshop, universe: None, owner: Any
) -> None:
    seen = visit(PATH)
    page = seen.page
    expect(page.locator("[data-link]")).to_have_text("live")
    page.evaluate("window.stayed = true")
    expect(headline(page)).to_have_text("Nothing has run yet")
    page.get_by_label("Universe").select_option("fruit:all")
    page.get_by_role("checkbox", name="Cache").uncheck()
    begin(page)
    expect(page.locator('[data-answer="begin"]')).to_contain_text("no worker is alive to take it")
    expect(headline(page)).to_have_text("Waiting for a worker")
    with workshop.worker():
        expect(headline(page)).to_have_text("Importing bars")
        workshop.go(4)
        expect(phase(page, "import")).to_contain_text("4 of 10")
        bar = page.get_by_role("progressbar", name="Import")
        assert bar.evaluate("bar => [bar.value, bar.max]") == [40, 100]
        expect(page.locator("[data-percent]")).to_have_text("13 %")  # 4 of 10 in one of three
        workshop.go(26)
        expect(headline(page)).to_have_text("The last run completed")
    for name in ("import", "indicators", "patterns"):
        expect(phase(page, name)).to_contain_text("10 of 10 · 100 rows")
    expect(phase(page, "cache")).to_have_count(0)
    expect(page.locator(".log")).to_contain_text("run completed")
    row = page.locator('[data-part="history"] tbody tr')
    expect(row).to_contain_text("Completed", ignore_case=True)
    assert page.evaluate("window.stayed")
    assert seen.complaints == []
    found = owner.execute("SELECT kind, parameters FROM processing_runs").fetchone()
    assert found[0] == "manual"
    assert found[1]["universe"] == "fruit:all"
    assert found[1]["phases"] == ["import", "indicators", "patterns"]


def test_a_second_run_is_refused_in_words_and_cancel_asks_once(
    visit: Callable[..., Any], workshop: Workshop
) -> None:
    page = visit(PATH).page
    with workshop.worker():
        page.get_by_role("button", name="Indicators", exact=True).click()
        expect(headline(page)).to_have_text("Computing indicators")
        begin(page)
        answer = page.locator('[data-answer="begin"]')
        expect(answer).to_contain_text("Not begun: Indicators run")
        expect(answer).to_contain_text("one run is worked on at a time")
        page.get_by_role("button", name="Cancel this run").click()
        dialog = page.get_by_role("dialog", name="Cancel this run?")
        dialog.get_by_role("button", name="Let it go on").click()
        expect(dialog).to_be_hidden()
        expect(headline(page)).to_have_text("Computing indicators")
        page.get_by_role("button", name="Cancel this run").click()
        dialog.get_by_role("button", name="Cancel the run").click()
        expect(headline(page)).to_have_text("The last run was cancelled")
    expect(page.get_by_role("button", name="Cancel this run")).to_be_hidden()
    expect(phase(page, "indicators")).to_contain_text("stopped", ignore_case=True)


def test_what_failed_is_listed_with_its_reason_and_tried_again_by_hand(
    visit: Callable[..., Any], workshop: Workshop, owner: Any
) -> None:
    workshop.environment = workshop.environment | {"PROCESSING_RETRY_SECS": "0.1"}
    page = visit(PATH).page
    page.get_by_role("button", name="Retry failed imports").click()
    retry = page.locator('[data-answer="retry"]')
    expect(retry).to_contain_text("Nothing to do: No import has failed")
    with workshop.worker(failing=["S3", "S7"]):
        page.get_by_role("button", name="Import", exact=True).click()
        workshop.go(12)
        expect(headline(page)).to_have_text("The last run completed")
    expect(phase(page, "import")).to_contain_text("8 of 10, 2 failed")
    listed = page.locator('[data-part="failures"]')
    expect(listed.locator("tbody tr")).to_have_count(2)
    expect(listed).to_contain_text("429 Too Many Requests: the provider takes 5 a minute")
    expect(page.get_by_text("2 imports failed and wait for a retry by hand.")).to_be_visible()
    page.get_by_role("button", name="Retry failed imports").click()
    expect(retry).to_contain_text("Queued")
    kinds = owner.execute("SELECT kind FROM processing_runs ORDER BY created_at").fetchall()
    assert kinds == [("import",), ("retry",)]


def test_a_run_that_fails_says_why(visit: Callable[..., Any], workshop: Workshop) -> None:
    page = visit(PATH).page
    reason = "the folder /data/bars is not there; set IMPORT_FOLDER"
    with workshop.worker(broken={"patterns": reason}):
        page.get_by_role("button", name="Patterns", exact=True).click()
        expect(headline(page)).to_have_text("The last run failed")
    expect(page.locator('[data-part="status"]')).to_contain_text(f"patterns: {reason}")


def test_the_schedule_is_set_on_the_page(visit: Callable[..., Any], owner: Any) -> None:
    page = visit(PATH, timezone_id="Asia/Tokyo").page
    daily = page.get_by_role("form", name="Daily processing")
    daily.get_by_role("textbox").fill("18:45")
    daily.get_by_label("Friday").uncheck()
    try:
        daily.get_by_role("button", name="Save").click()
        answer = page.locator('[data-answer="schedule"]')
        expect(answer).to_have_text("Daily processing: saved. It counts from now on.")
        expect(daily).to_contain_text("18:45")
        expect(daily.get_by_label("Friday")).not_to_be_checked()
        expect(page.locator('[data-part="next"]')).to_contain_text("Tokyo")
        for day in ("Monday", "Tuesday", "Wednesday", "Thursday"):
            daily.get_by_label(day).uncheck()
        daily.get_by_role("button", name="Save").click()
        expect(answer).to_contain_text("Not accepted: No day is chosen")
    finally:
        owner.execute(
            "UPDATE django_celery_beat_periodictask SET crontab_id = ("
            "SELECT min(id) FROM django_celery_beat_crontabschedule WHERE hour = '20')"
            "WHERE name = 'Daily processing'"
        )


def test_without_redis_the_page_shows_runs_and_begins_them(
    browser: Any, fragile: Fragile, workshop: Workshop
) -> None:
    with open_pages(browser, fragile.server) as opened:
        page = opened(PATH).page
        expect(page.locator("[data-link]")).to_have_text("live")
        try:
            fragile.redis.cut()
            tiles = page.get_by_role("listitem")
            expect(tiles.filter(has_text="Redis").locator("code")).to_have_text(
                "bin/services start", timeout=15_000
            )
            expect(page.locator('[data-component="worker"]')).to_contain_text("not known")
            page.reload()
            begin(page)
            answer = page.locator('[data-answer="begin"]')
            expect(answer).to_contain_text("Redis does not answer", timeout=20_000)
            expect(headline(page)).to_have_text("Waiting for a worker")
            with workshop.worker():
                workshop.go(40)
                expect(headline(page)).to_have_text("The last run completed", timeout=30_000)
        finally:
            fragile.redis.restore()
        expect(page.locator("[data-link]")).to_have_text("live", timeout=20_000)


def test_without_a_database_the_open_page_keeps_what_it_knew_and_says_so(
    browser: Any, fragile: Fragile, workshop: Workshop, owner: Any
) -> None:
    owner.execute(
        "INSERT INTO processing_runs (run_id, kind, status, phase, started_at) "
        "VALUES (%s, 'daily', 'running', 'patterns', now())",
        [str(uuid.uuid4())],
    )
    with open_pages(browser, fragile.server) as opened:
        page = opened(PATH).page
        expect(headline(page)).to_have_text("Looking for patterns")
        try:
            fragile.database.cut()
            trouble = page.locator("[data-trouble]")
            expect(trouble).to_contain_text("the database does not answer", timeout=30_000)
            expect(headline(page)).to_have_text("Looking for patterns")
            begin(page)
            answer = page.locator('[data-answer="begin"]')
            expect(answer).to_contain_text("The database does not answer", timeout=30_000)
            other = page.context.new_page()
            other.goto(PATH, timeout=60_000)
            expect(other.get_by_role("heading", name="503")).to_be_visible()
        finally:
            fragile.database.restore()
        expect(trouble).to_be_hidden(timeout=30_000)


def test_with_the_web_process_gone_it_says_so_and_comes_back_by_itself(
    browser: Any, fragile: Fragile, workshop: Workshop
) -> None:
    with open_pages(browser, fragile.server) as opened:
        page = opened(PATH).page
        expect(page.locator("[data-link]")).to_have_text("live")
        fragile.server.stop()
        try:
            expect(page.locator("[data-trouble]")).to_contain_text("The server does not answer")
            begin(page)
            answer = page.locator('[data-answer="begin"]')
            expect(answer).to_contain_text("nothing is known to have begun")
        finally:
            fragile.server.start()
        expect(page.locator("[data-link]")).to_have_text("live", timeout=20_000)
        expect(page.locator("[data-trouble]")).to_be_hidden()


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_width_or_theme_is_complained_about(
    visit: Callable[..., Any], workshop: Workshop, owner: Any, scheme: str, width: int
) -> None:
    run_id = str(uuid.uuid4())
    counts = {"import": {"total": 505, "done": 400, "failed": 5, "rows": 504000}}
    owner.execute(
        "INSERT INTO processing_runs (run_id, kind, status, phase, triggered_by, started_at, "
        "counts) VALUES (%s, 'daily', 'running', 'import', 'operator', now(), %s)",
        [run_id, json.dumps(counts)],
    )
    owner.execute(
        "INSERT INTO processing_failures (run_id, phase, symbol, error) "
        "VALUES (%s, 'import', 'BRK.B', '429 Too Many Requests, again and again and again')",
        [run_id],
    )
    seen = visit(PATH, color_scheme=scheme, viewport={"width": width, "height": 900})
    expect(seen.page.locator("[data-link]")).to_have_text("live")
    assert seen.page.evaluate("document.documentElement.scrollWidth") == width
    seen.page.get_by_role("button", name="Cancel this run").click()
    assert seen.complaints == []
    assert serious(seen.page) == []  # last, since axe itself is complained about
    seen.page.keyboard.press("Escape")
    assert serious(seen.page) == []
