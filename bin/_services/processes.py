"""Finding, stopping and waiting for servers, by the folder that they work in.

A pid file can be stale, lost, or name a process that has since taken the
number. The working folder of a running server cannot lie: both PostgreSQL and
Redis change into their data folder, and no two checkouts share one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .errors import ServiceError

# A large database that was killed replays its log first.
PATIENCE_SECS = 120


def working_in(folder: Path, program: str) -> list[int]:
    """The processes of `program` whose working folder is `folder`."""
    try:
        wanted = folder.stat()
    except FileNotFoundError:
        return []
    return [pid for pid in _running(program) if _works_in(pid, wanted)]


def main_process(folder: Path, program: str) -> int | None:
    """The server itself: the one whose parent is not one of them. None if it is not running."""
    found = working_in(folder, program)
    mains = [pid for pid in found if _parent(pid) not in found]
    # After a kill -9 of the server its children live on for a moment, and are
    # then several without a parent; their name has changed to what they do.
    return next((pid for pid in mains if _is_server(pid, program)), None)


def stop(folder: Path, program: str, how: signal.Signals, patience_secs: float) -> None:
    """Ask the server to end, wait, and end by force what remains."""
    pid = main_process(folder, program)
    if pid:
        _send(pid, how)
        _wait(folder, program, patience_secs)
    clear(folder, program)


def clear(folder: Path, program: str) -> None:
    """End what a killed server left behind: no new one can start beside it."""
    _wait(folder, program, 3 if not main_process(folder, program) else 0)
    for pid in working_in(folder, program):
        _send(pid, signal.SIGKILL)
    _wait(folder, program, 5)


def _wait(folder: Path, program: str, patience_secs: float) -> None:
    until = time.monotonic() + patience_secs
    while working_in(folder, program) and time.monotonic() < until:
        time.sleep(0.05)


def _send(pid: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, what)


def _running(program: str) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "comm").read_text().strip() == program:
                yield int(entry.name)
        except OSError:
            continue


def _works_in(pid: int, wanted: os.stat_result) -> bool:
    try:
        found = os.stat(f"/proc/{pid}/cwd")
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino)


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _is_server(pid: int, program: str) -> bool:
    """Not a child: PostgreSQL's children are called `postgres: checkpointer` and the like."""
    try:
        return not Path(f"/proc/{pid}/cmdline").read_text().startswith(f"{program}: ")
    except OSError:
        return False


def launch(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a server that outlives this command; its first output goes to `log`."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd="/",
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until_up(
    server: subprocess.Popen[bytes], is_up: Callable[[], bool], name: str, logs: list[Path]
) -> None:
    """Wait for a server that was just launched; raises ServiceError with its last words."""
    until = time.monotonic() + PATIENCE_SECS
    while not is_up():
        if server.poll() is not None:
            raise _failed(f"{name} ended at once, with code {server.returncode}", logs)
        if time.monotonic() > until:
            raise _failed(f"{name} runs, but has not answered for {PATIENCE_SECS} s", logs)
        time.sleep(0.05)


def _failed(what: str, logs: list[Path]) -> ServiceError:
    recovery = f"read {logs[0]}, then run bin/services start again"
    return ServiceError(what, "its last words: " + _last_words(logs), recovery)


def _last_words(logs: list[Path]) -> str:
    lines = [line for log in logs if log.exists() for line in _lines(log)]
    return " | ".join(lines[-5:]) or "(none)"


def _lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()
