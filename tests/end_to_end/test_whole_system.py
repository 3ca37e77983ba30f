"""Everything at once, as an operator starts it: all processes, a real browser, Ctrl+C."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import pytest

from tests.chaos.conftest import FREE_REDIS_DB, redis_server, services
from tests.chaos.home import PROJECT, Home, wait_for, with_path
from tests.chaos.own_redis import OwnRedis
from tests.private_redis import free_port

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(420)]

__all__ = ["redis_server"]  # a fixture that the chaos tests have, too

NAME, PASSWORD = "operator", "trusts-it-overnight-7"
SYMBOLS = 70
CONTRACT_QUERIES = {
    "bars": "SELECT count(*) FROM ohlcv_1min WHERE timestamp > now() - interval '5 minutes'",
    "doubled": "SELECT symbol, timestamp, count(*) FROM ohlcv_1min "
    "GROUP BY 1, 2 HAVING count(*) > 1",
    "patterns": "SELECT pattern_type, count(*), avg(confidence) FROM intraday_patterns "
    "WHERE detection_timestamp > now() - interval '10 minutes' GROUP BY 1",
    "indicators": "SELECT indicator_name, count(*) FROM intraday_indicators "
    "WHERE calculation_timestamp > now() - interval '10 minutes' GROUP BY 1",
    "minutes": "SELECT date_trunc('minute', timestamp) AS minute, count(DISTINCT symbol) "
    "FROM ohlcv_1min WHERE timestamp > now() - interval '1 hour' GROUP BY 1 ORDER BY 1 DESC",
}


@pytest.fixture
def home(tmp_path: Path, redis_server: OwnRedis | None) -> Iterator[Home]:
    """A database and a Redis of their own, with an account to sign in with."""
    named = services()
    url = redis_server.url if redis_server else with_path(named["REDIS_URL"], str(FREE_REDIS_DB))
    base = os.environ.get("TICKSTOCK_TEST_DB", "test_tickstock")
    home = Home.make(f"{base}_whole", tmp_path, {**named, "REDIS_URL": url})
    home.redis().flushdb()
    account = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": "o@example.com"}
    home.manage("collectstatic", "--noinput", STATIC_ROOT=str(tmp_path / "static"))
    home.manage("createsuperuser", "--noinput", "--username", NAME, **account)
    yield home
    home.drop()


def start(home: Home, port: int) -> subprocess.Popen[str]:
    """`start_all_services` with the synthetic market, its log in the home's folder."""
    command = ["start_all_services", "--port", str(port), "--source", "synthetic"]
    with (home.folder / "stream-0.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *command, "--ignore-market-hours"],
            cwd=PROJECT,
            env=home.env
            | {"LOG_DIR": str(home.folder / "logs"), "STATIC_ROOT": str(home.folder / "static")},
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    home.started.append(process)
    return process


def kill_everything(system: subprocess.Popen[str]) -> None:
    """Kill the supervisor and all that it has started before any of them can react."""
    processes = [*psutil.Process(system.pid).children(recursive=True), psutil.Process(system.pid)]
    for process in processes:
        process.suspend()
    for process in processes:
        process.kill()
    system.wait(10)


def health(port: int) -> dict[str, Any]:
    with urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
        return dict(json.load(answer))


def is_healthy(port: int) -> bool:
    try:
        return health(port)["status"] == "healthy"
    except OSError:
        return False


def watch_dashboard(port: int) -> tuple[set[str], list[str]]:
    """Sign in, look at one price for ten seconds; what it showed, and what the console said."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or "chromium"
    complaints: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{port}/")
        page.get_by_label("Name").fill(NAME)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector("body[data-ready=true]")
        shown = set()
        for _ in range(20):
            shown.add(page.locator("#row-AAPL .last").inner_text())
            page.wait_for_timeout(500)
        assert page.locator("#feed li").count() > 0
        browser.close()
    return shown, complaints


def test_one_command_streams_is_watched_and_stops_without_a_trace(home: Home) -> None:
    port = free_port()
    system = start(home, port)
    wait_for(lambda: is_healthy(port), 60, "a healthy /health")
    began = time.time()
    shown, complaints = watch_dashboard(port)
    assert len(shown) > 2
    assert complaints == []

    wait_for(lambda: time.time() // 60 >= began // 60 + 2 and time.time() % 60 > 5, 190, "minutes")
    answers = {name: home.rows(query) for name, query in CONTRACT_QUERIES.items()}
    assert answers["bars"][0][0] >= 3 * SYMBOLS
    assert answers["doubled"] == []
    assert len(answers["patterns"]) >= 3
    assert len(answers["indicators"]) >= 10
    assert {count for _, count in answers["minutes"][1:]} == {SYMBOLS}
    assert is_healthy(port)

    system.send_signal(signal.SIGINT)
    assert system.wait(40) == 0
    assert home.rows("SELECT DISTINCT status FROM streaming_sessions") == [("stopped",)]


def test_after_a_kill_of_everything_the_next_start_closes_the_session_and_goes_on(
    home: Home,
) -> None:
    port = free_port()
    system = start(home, port)
    wait_for(lambda: is_healthy(port), 60, "a healthy /health")
    kill_everything(system)
    wait_for(lambda: not is_healthy(port), 20, "the end of the web process")
    before = home.one("SELECT count(*) FROM ohlcv_1min")

    system = start(home, port)
    statuses = "SELECT status FROM streaming_sessions ORDER BY start_time"
    wait_for(lambda: len(home.rows(statuses)) == 2, 60, "a second session")
    assert home.rows(statuses) == [("interrupted",), ("running",)]
    wait_for(lambda: is_healthy(port), 60, "a healthy /health")
    assert home.one("SELECT count(*) FROM ohlcv_1min") >= before
    system.send_signal(signal.SIGTERM)
    assert system.wait(40) == 0
