"""A place where the daily pipeline runs with real workers, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.home import PROJECT, Listener

RUN_WORKER = PROJECT / "tests" / "chaos" / "run_worker.py"
ASK = """
import django, json, sys
django.setup()
from admin_processing.runs.request import parse
from admin_processing.runs.triggers import Asker, trigger
print(trigger(parse(json.loads(sys.argv[1])), "daily", Asker("chaos", "test")).run_id)
"""
CLEARED = (
    *("ohlcv_daily", "daily_indicator_values", "daily_patterns", "combo_patterns"),
    *("daily_analyses", "event_outbox", "import_coverage", "imported_files", "rejected_rows"),
    *("adjusted_history", "dividends", "splits", "processing_runs", "universe_history"),
    "symbols",
)
# What must not depend on who was killed, and when: all but moments, numbers of rows and of events.
LEFT_BEHIND = {
    "bars": """SELECT symbol, "timestamp", open, high, low, close, volume, vwap, trade_count,
        revision, source FROM ohlcv_daily ORDER BY 1, 2""",
    "indicators": """SELECT symbol, "timestamp", names, values::text FROM daily_indicator_values
        JOIN indicator_sets ON indicator_sets.id = set_id ORDER BY 1, 2""",
    "detections": """SELECT symbol, "timestamp", detection_key, detection_id, confidence, price,
        state, life, pattern_data FROM daily_patterns ORDER BY 1, 2, 3""",
    "combos": """SELECT symbol, "timestamp", detection_key, state FROM combo_patterns
        ORDER BY 1, 2, 3""",
    "rejected": """SELECT symbol, "timestamp", reason, row FROM rejected_rows ORDER BY 1, 2, 3""",
    "coverage": """SELECT symbol, timeframe, since, through FROM import_coverage ORDER BY 1, 2""",
    "symbols": "SELECT symbol, name, active FROM symbols ORDER BY 1",
    "analysed": "SELECT symbol, part, through, stale_since FROM daily_analyses ORDER BY 1, 2",
    "outbox": "SELECT event FROM event_outbox ORDER BY id",
}


@dataclass
class Pipeline:
    """Workers and beat of one test. env: their environment."""

    env: dict[str, str]
    folder: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def worker(self, point: str = "nowhere", phase: str = "", times: int = 1) -> Any:
        """A worker of two processes, in a process group of its own."""
        mark = self.folder / "killed"
        arguments = ["worker", "-c", "2", "-l", "INFO", "--without-gossip", "--without-mingle"]
        command = [sys.executable, str(RUN_WORKER), point, phase, str(times), str(mark)]
        return self._start([*command, "-q", *arguments], "worker")

    def beat(self) -> Any:
        """Beat, which wakes workers for a run that nobody works on."""
        schedule = ["beat", "-l", "INFO", "--pidfile="]
        return self._start([sys.executable, "-m", "celery", "-A", "celery_app", *schedule], "beat")

    def _start(self, command: list[str], process: str) -> subprocess.Popen[bytes]:
        log = self.folder / f"{process}-{len(self.started)}.log"
        with log.open("wb") as file:
            made = subprocess.Popen(
                command,
                cwd=PROJECT,
                env=self.env | {"TICKSTOCK_PROCESS": process},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(made)
        return made

    def ask(self, **asked: Any) -> str:
        """Queue a run, as whoever may ask does; its id."""
        import json

        done = subprocess.run(
            [sys.executable, "-c", ASK, json.dumps({"skip_market_check": True, **asked})],
            cwd=PROJECT,
            env=self.env
            | {"TICKSTOCK_PROCESS": "worker", "DJANGO_SETTINGS_MODULE": "tickstock_site.settings"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def listen(self) -> Listener:
        """What is published from now on."""
        return Listener(self.env["REDIS_URL"])

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.env["DATABASE_URL"]) as connection:
            return connection.execute(query, parameters or None).fetchall()

    def status(self, run_id: str) -> str:
        """The run's status; nothing while the database is away."""
        try:
            found = self.rows("SELECT status FROM processing_runs WHERE run_id = %s", run_id)
        except psycopg.OperationalError:
            return ""
        return str(found[0][0])

    def wait(self, true: Callable[[], bool], what: str, secs: float = 90) -> None:
        until = time.monotonic() + secs
        while not true():
            assert time.monotonic() < until, f"not within {secs} s: {what}\n{self.logs()}"
            time.sleep(0.1)

    def wait_for_end(self, run_id: str, secs: float = 90) -> None:
        ended = ("completed", "failed", "cancelled", "skipped")
        self.wait(lambda: self.status(run_id) in ended, "the run's end", secs)

    def left_behind(self) -> dict[str, list[tuple[Any, ...]]]:
        return {name: self.rows(query) for name, query in LEFT_BEHIND.items()}

    def clear(self) -> None:
        """As if nothing had run yet."""
        self.kill_all()
        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(f"TRUNCATE {', '.join(CLEARED)} CASCADE")

    def kill_all(self) -> None:
        """Every process group of this test, at once."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)

    def logs(self) -> str:
        """The ends of all logs, for a failed assertion."""
        return "\n".join(
            f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}"
            for log in sorted(self.folder.glob("*.log"))
        )
