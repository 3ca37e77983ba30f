"""The pages as they are in production: DEBUG off, collected files with hashed names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Server, manage, open_pages

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.slow

HASHED = re.compile(r"/static/.+\.[0-9a-f]{12}\.\w+$")


@pytest.fixture(scope="module")
def production(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    values = environment | {"DEBUG": "0", "STATIC_ROOT": str(tmp_path_factory.mktemp("static"))}
    manage(values, "web", "collectstatic", "--noinput", "-v", "0")
    server = Server(values | {"TICKSTOCK_PROCESS": "web"})
    server.start()
    yield server
    server.stop()


@pytest.fixture
def visit(browser: Any, production: Server) -> Iterator[Any]:
    with open_pages(browser, production) as opener:
        yield opener


PAGES = [
    "/symbols/AAPL",
    "/",
    "/admin/",
    "/admin/data/bars/",
    "/admin/market/symbol/",
    "/admin/tickstock_site/apitoken/add/",
    "/api/docs",
]


def test_everything_that_a_page_asks_for_is_there_under_a_hashed_name(visit, live):
    seen = visit("/sign-in/", signed_in=False)
    answers: list[Any] = []
    seen.page.on("response", lambda answer: answers.append(answer))
    seen.sign_in()
    for path in PAGES:
        seen.page.goto(path)
        seen.page.wait_for_load_state("networkidle")
    assert [answer.url for answer in answers if answer.status >= 400] == []
    files = {answer.url for answer in answers if "/static/" in answer.url}
    assert len(files) > 40
    assert [url for url in files if not HASHED.search(url)] == []
    assert seen.complaints == []


def test_hashed_files_are_compressed_and_kept_for_good(visit, live):
    seen = visit("/sign-in/", signed_in=False)
    answers: dict[str, Any] = {}
    seen.page.on("response", lambda answer: answers.update({answer.url: answer.headers}))
    seen.sign_in("/")
    seen.page.wait_for_selector("body[data-ready=true]")
    scripts = {url: headers for url, headers in answers.items() if re.search(r"\.m?js$", url)}
    assert len(scripts) > 10
    for headers in scripts.values():
        assert headers["content-encoding"] == "gzip"
        assert "immutable" in headers["cache-control"]
    dashboard = next(headers for url, headers in answers.items() if "api/dashboard" in url)
    assert dashboard["content-encoding"] == "gzip"


@pytest.mark.slow
def test_without_collected_files_the_pages_are_whole_all_the_same(
    browser, environment, live, tmp_path: Path
):
    server = Server(
        environment | {"TICKSTOCK_PROCESS": "web", "DEBUG": "0", "STATIC_ROOT": str(tmp_path)}
    )
    server.start()
    try:
        with open_pages(browser, server) as opener:
            page = opener("/").page
            page.wait_for_selector("body[data-ready=true]")
            expect(page.locator("[role=grid] .row")).to_have_count(10)
    finally:
        server.stop()


def test_a_page_that_is_missing_says_so_in_the_sites_own_words(visit, live):
    page = visit("/nothing-here/").page
    expect(page.get_by_role("heading", level=1)).to_have_text("404 Not Found")
    page.goto("/symbols/APPL")
    expect(page.get_by_text("Did you mean 'AAPL'?")).to_be_visible()
