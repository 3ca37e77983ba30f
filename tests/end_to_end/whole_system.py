"""TickStock as an operator starts it, and a browser that signs in to it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import urlopen

from tests.chaos.home import PROJECT, Home

NAME, PASSWORD = "operator", "trusts-it-overnight-7"


def start(home: Home, port: int, *arguments: str, **env: str) -> subprocess.Popen[str]:
    """`start_all_services` with these arguments, its log in the home's folder."""
    own = {"LOG_DIR": str(home.folder / "logs"), "STATIC_ROOT": str(home.folder / "static")}
    with (home.folder / "stream-0.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "start_all_services", "--port", str(port), *arguments],
            cwd=PROJECT,
            env=home.env | own | env,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    home.started.append(process)
    return process


def health(port: int) -> dict[str, Any]:
    with urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
        return dict(json.load(answer))


def statuses(port: int) -> dict[str, str]:
    """Each component's status; none while the web does not answer."""
    try:
        return {name: part["status"] for name, part in health(port)["components"].items()}
    except OSError:
        return {}


def is_healthy(port: int) -> bool:
    try:
        return bool(health(port)["status"] == "healthy")
    except OSError:
        return False


@contextmanager
def signed_in(port: int, path: str = "/") -> Iterator[tuple[Any, list[str]]]:
    """A page that has signed in and stands at `path`, and what the console says meanwhile."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or "chromium"
    complaints: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{port}{path}")
        page.get_by_label("Name").fill(NAME)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        yield page, complaints
        browser.close()
