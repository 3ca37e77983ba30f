"""The one log: to the terminal and to rotated files, neither of which may hold anybody up."""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

CONSOLE_BOUND = 10_000
FILE_NAME = "tickstock.log"


class Console:
    """Writes lines in a thread of its own: a paused terminal must not stop the feed.

    At the bound the oldest lines are let go (the files have them), and their number is told.
    """

    def __init__(self, stream: TextIO | None = None, bound: int = CONSOLE_BOUND) -> None:
        self._stream = stream or sys.stdout
        self._lines: deque[str] = deque()
        self._bound = bound
        self._lost = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Hand over one line; never waits."""
        with self._changed:
            self._lines.append(line)
            if len(self._lines) > self._bound:
                self._lines.popleft()
                self._lost += 1
            self._changed.notify()

    def close(self, timeout_secs: float = 2.0) -> None:
        """Write what is left, as far as the time allows."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout_secs)

    def _run(self) -> None:
        try:
            while lines := self._next():
                self._stream.write("\n".join(lines) + "\n")
                self._stream.flush()
        except (OSError, ValueError):  # nobody reads any more: the files go on
            self._bound = 0

    def _next(self) -> list[str]:
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._closed)
            lines = list(self._lines)
            self._lines.clear()
            if self._lost:
                lines.insert(0, f"… {self._lost} lines are left out here; the log files have them")
                self._lost = 0
        return lines


class LogFile:
    """Rotated files; a full disk is told once, and does not stop anything."""

    def __init__(self, folder: Path, megabytes: int, files: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._handler = RotatingFileHandler(
            folder / FILE_NAME, maxBytes=megabytes * 1_048_576, backupCount=files, encoding="utf-8"
        )
        self._handler.handleError = self._note  # type: ignore[method-assign]
        self.broken = False

    def write(self, line: str) -> None:
        """Append one line."""
        self._handler.emit(logging.LogRecord("", logging.INFO, "", 0, line, None, None))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()

    def _note(self, record: logging.LogRecord) -> None:
        if not self.broken:
            print(f"log file: {sys.exc_info()[1]}; the log goes on here alone", file=sys.stderr)
        self.broken = True


class Logbook:
    """Both together."""

    def __init__(self, console: Console, file: LogFile) -> None:
        self._console, self._file = console, file

    def write(self, line: str) -> None:
        """One line to both."""
        self._file.write(line)
        self._console.write(line)

    def close(self) -> None:
        """Finish both."""
        self._console.close()
        self._file.close()
