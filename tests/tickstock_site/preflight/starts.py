"""Wrong starts as real processes, and addresses that lead nowhere."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg

from tickstock_site.env import env_secret

ROOT = Path(__file__).parents[3]
DATABASE = os.environ.get("TICKSTOCK_TEST_DB", "test_tickstock") + "_starts"
MARK = "TICKSTOCK_WRONG_START"


class Start:
    """One try to start everything."""

    def __init__(self, environment: dict[str, str], log_dir: Path) -> None:
        self.environment = environment | {"LOG_DIR": str(log_dir), MARK: str(log_dir)}
        self.log_dir = log_dir

    def run(self, *options: str, python: str = sys.executable) -> tuple[str, str, str]:
        """What, why and recovery of a start that must fail."""
        done = subprocess.run(
            [python, "manage.py", "start_all_services", *options],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 1, done.stdout + done.stderr
        what, reason, recovery = done.stderr.strip().splitlines()[-3:]
        assert what.startswith("STARTUP ABORTED: ")
        assert reason.startswith("REASON: ")
        assert recovery.startswith("RECOVERY: ")
        self.nothing_was_started()
        self.nothing_is_betrayed(done.stdout + done.stderr)
        return what, reason, recovery.removeprefix("RECOVERY: ")

    def nothing_was_started(self) -> None:
        """No process that carries the start's mark is left, and no log was opened."""
        assert not self.log_dir.exists()
        for process in psutil.process_iter():
            try:
                assert process.environ().get(MARK) != str(self.log_dir)
            except psutil.Error:
                continue

    def nothing_is_betrayed(self, output: str) -> None:
        """No password is in what the operator sees."""
        for name, value in self.environment.items():
            if name.endswith("_URL") and (password := urlsplit(value).password):
                assert password not in output
        assert "Traceback" not in output

    def recovered(self, recovery: str, *options: str) -> str:
        """What preflight prints after the recovery; a start command is tried as a preflight."""
        if "start_all_services" in recovery:
            command = recovery.replace("start_all_services", "preflight")
        else:
            command = f"{recovery} && {sys.executable} manage.py preflight {' '.join(options)}"
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        return done.stdout + done.stderr


def free_port() -> str:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return str(server.getsockname()[1])


def with_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def with_port(url: str, port: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition(":")[0] + ":" + port).geturl()


def with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    name, host = parts.username or "", parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{name}:{password}@{host}").geturl()


def drop(name: str) -> None:
    with psycopg.connect(env_secret("DATABASE_URL"), autocommit=True) as owner:
        owner.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
