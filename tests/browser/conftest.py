"""A real server, a real browser, and a stand-in for the stream."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg
import pytest
from django.conf import settings
from redis import Redis

from tests.browser.fake_stream import MINUTE_MS, FakeStream
from tests.private_redis import free_port, private_redis
from tickstock_site.processes import URL_OF_ROLE

PROJECT = Path(__file__).parents[2]
SYMBOLS = ["AAPL", "AMZN", "GOOGL", "JPM", "META", "MSFT", "NVDA", "TSLA", "V", "XOM"]
NAME, PASSWORD = "trader", "moving-prices-9"
MARKET_TABLES = "ohlcv_1min, intraday_patterns, daily_patterns, combo_patterns, "
MARKET_TABLES += "intraday_indicator_values, symbols"


@pytest.hookimpl(tryfirst=True)  # before those that are not asked for are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser, and shares one."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)  # two minutes, together


@dataclass
class Server:
    """Daphne over the test database, each connection in its own role."""

    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "daphne", "-p", str(self.port), "-v", "0"]
        command.append("tickstock_site.asgi:application")
        self.process = subprocess.Popen(command, cwd=PROJECT, env=self.environment)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                with urlopen(f"{self.url}/sign-in/", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("the web process did not answer within 20 s")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()


class Pulse:
    """Keeps a fake stream alive in a thread: quotes ten times a second, health every second."""

    def __init__(self, stream: FakeStream) -> None:
        self.stream, self.done = stream, threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        beats = 0
        while not self.done.wait(0.1):
            self.stream.tick(share=0.6)
            if beats % 10 == 0:
                self.stream.health()
            beats += 1

    def __enter__(self) -> FakeStream:
        self.stream.start()
        self.thread.start()
        return self.stream

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join(5)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with private_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A database of its own, as its owner: the pages read it as the roles that they have."""
    url = os.environ.get(URL_OF_ROLE["app_owner"], "")
    if not url:
        pytest.skip('needs the services: eval "$(bin/services env)"')
    name = f"{settings.DATABASES['default']['TEST']['NAME']}_browser"
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        owner.execute(f'CREATE DATABASE "{name}"')
        yield url.rpartition("/")[0] + f"/{name}"
        owner.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def environment(redis_url: str, database_url: str) -> dict[str, str]:
    """What the project's processes are started with; the tables and an account are made."""
    values = os.environ | {"REDIS_URL": redis_url, "SECRET_KEY": settings.SECRET_KEY, "DEBUG": "1"}
    name = database_url.rpartition("/")[2]
    for variable in URL_OF_ROLE.values():
        values[variable] = os.environ[variable].rpartition("/")[0] + f"/{name}"
    manage(values, "owner", "migrate", "-v", "0")
    account = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": "t@example.com"}
    command = ("createsuperuser", "--noinput", "--username", NAME, "-v", "0")
    manage(values | account, "web", *command)
    return values


def manage(environment: dict[str, str], process: str, *command: str) -> None:
    """`manage.py` as one of the project's processes."""
    environment = environment | {"TICKSTOCK_PROCESS": process}
    subprocess.run(
        [sys.executable, "manage.py", *command], cwd=PROJECT, env=environment, check=True
    )


@pytest.fixture(scope="session")
def server(environment: dict[str, str]) -> Iterator[Server]:
    server = Server(environment | {"TICKSTOCK_PROCESS": "web"})
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def owner(database_url: str, environment: dict[str, str]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


@pytest.fixture
def stream(owner: psycopg.Connection, redis_url: str) -> Iterator[FakeStream]:
    """Ten symbols with an hour and a half of history; nothing is published yet."""
    with Redis.from_url(redis_url) as redis:
        redis.flushall()
        listed = [(symbol, f"{symbol} Incorporated") for symbol in SYMBOLS]
        with owner.cursor() as cursor:
            cursor.executemany("INSERT INTO symbols (symbol, name) VALUES (%s, %s)", listed)
        stream = FakeStream(owner, redis, SYMBOLS)
        with owner.transaction():
            stream.history(90, int(time.time() // 60) * MINUTE_MS)
        yield stream
        redis.flushall()
        owner.execute(f"TRUNCATE {MARKET_TABLES} CASCADE")


@pytest.fixture
def live(stream: FakeStream) -> Iterator[FakeStream]:
    """A running session whose prices move."""
    with Pulse(stream):
        yield stream


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser a module: while it is open this thread has an event loop, which others mind."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("needs chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page, and everything that the browser complained about on it."""

    page: Any
    complaints: list[str]

    def sign_in(self, path: str = "/") -> None:
        """Through the form, as people do."""
        self.page.goto(f"/sign-in/?next={path}")
        self.page.get_by_label("Name").fill(NAME)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/sign-in/" not in url)


@pytest.fixture
def visit(browser: Any, server: Server) -> Iterator[Any]:
    """A factory of signed-in pages, or of others with `signed_in=False`."""
    with open_pages(browser, server) as opener:
        yield opener


@contextmanager
def open_pages(browser: Any, server: Server) -> Iterator[Any]:
    """The factory of pages on one server; they are closed at the end."""
    contexts = []

    def open_page(path: str = "/", signed_in: bool = True, **options: Any) -> Visit:
        context = browser.new_context(base_url=server.url, **options)
        contexts.append(context)
        page = context.new_page()
        visit = Visit(page, [])
        page.on("console", lambda message: _note(visit, message))
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        if signed_in:
            visit.sign_in(path)
        else:
            page.goto(path)
        return visit

    yield open_page
    for context in contexts:
        context.close()


def _note(visit: Visit, message: Any) -> None:
    if message.type in ("error", "warning"):
        visit.complaints.append(message.text)
