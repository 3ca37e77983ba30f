"""Everything together, as an operator starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.tickstock_site.preflight.starts import MARK, ROOT, free_port

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


class Running:
    """A start that succeeds."""

    def __init__(self, environment: dict[str, str], log_dir: Path) -> None:
        self.port, self.log_dir = free_port(), log_dir
        self.environment = environment | {"LOG_DIR": str(log_dir), MARK: str(log_dir)}
        self.environment["REDIS_URL"] = self.environment["REDIS_URL"].rsplit("/", 1)[0] + "/5"
        self.lines: list[str] = []

    def start(self) -> None:
        options = ("--source", "synthetic", "--ignore-market-hours", "--port", self.port)
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "start_all_services", *options],
            cwd=ROOT, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout:
            for line in self.process.stdout:
                self.lines.append(line.rstrip())

    def wait_for(self, text: str, secs: float) -> None:
        deadline = time.monotonic() + secs
        while not any(text in line for line in list(self.lines)):
            assert time.monotonic() < deadline, "\n".join(self.lines)
            time.sleep(0.05)

    def health(self) -> dict:
        url = f"http://127.0.0.1:{self.port}/health"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)

    def left(self) -> list[str]:
        """The processes of this start that still run."""
        found = []
        for process in psutil.process_iter():
            try:
                marked = process.environ().get(MARK) == str(self.log_dir)
                if marked and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found

    def sessions(self) -> list[str]:
        with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
            query = "SELECT status FROM streaming_sessions ORDER BY start_time"
            return [row[0] for row in connection.execute(query)]


@pytest.fixture
def running(migrated: dict[str, str], tmp_path: Path) -> Iterator[Running]:
    made = Running(dict(migrated), tmp_path / "logs")
    made.start()
    try:
        made.wait_for("TickStock is ready at", 60)
        made.wait_for("feed connected", 60)
        yield made
    finally:
        if made.process.poll() is None:
            made.process.kill()
        made.process.wait()


def test_it_is_healthy_and_ctrl_c_leaves_nothing_open(running: Running) -> None:
    deadline = time.monotonic() + 30
    while (report := running.health())["status"] != "healthy":
        assert time.monotonic() < deadline, report
        time.sleep(1)
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(60) == 0
    assert running.left() == []
    assert "running" not in running.sessions()
    logged = (running.log_dir / "tickstock.log").read_text(encoding="utf-8")
    assert "stopping, the stream first" in logged
    for name, url in running.environment.items():
        if name.endswith("_URL") and ":" in (secret := url.split("@")[0].rpartition("/")[2]):
            assert secret.partition(":")[2] not in logged


def test_nothing_outlives_a_supervisor_that_is_killed(running: Running) -> None:
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait()
    deadline = time.monotonic() + 30
    while left := running.left():
        assert time.monotonic() < deadline, left
        time.sleep(0.2)
