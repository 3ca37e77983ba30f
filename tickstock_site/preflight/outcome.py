"""What a check says. Standard library alone: it is used before any package is known to be there."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent
OWN_SERVICES = (
    "unset DATABASE_URL DATABASE_READWRITE_URL DATABASE_READONLY_URL DATABASE_WEB_URL REDIS_URL; "
    'bin/services start && eval "$(bin/services env)"'
)


class Abort(Exception):
    """A check that failed: what is wrong, why it is needed, and a command that puts it right."""

    def __init__(self, what: str, reason: str, recovery: str) -> None:
        self.what, self.reason, self.recovery = what, reason, recovery
        super().__init__(what)

    def lines(self) -> str:
        """The three lines that the operator sees."""
        return f"STARTUP ABORTED: {self.what}\nREASON: {self.reason}\nRECOVERY: {self.recovery}"


def passed(text: str) -> str:
    """The line of a check that has passed."""
    return f"[VALIDATION] OK   {text}"


def command(*words: str) -> str:
    """A command line of this project's interpreter, ready for a shell in the project's folder."""
    return shlex.join([interpreter(), *words])


def manage(*words: str) -> str:
    """The command line of one of manage.py's commands."""
    return command("manage.py", *words)


def interpreter() -> str:
    """The running interpreter; by its short name where the project's folder holds it."""
    try:
        return str(Path(sys.executable).relative_to(BASE_DIR))
    except ValueError:
        return sys.executable or "python3"


def started_with(changes: Sequence[str], argv: Sequence[str] | None = None) -> str:
    """The command line that was used, with options put in place of those of the same name.

    changes: option and value by turns, such as `["--port", "8001"]`.
    """
    argv = list(sys.argv[1:] if argv is None else argv) or ["start_all_services"]
    names = set(changes[::2])
    kept = [word for index, word in enumerate(argv) if not _belongs(argv, index, names)]
    return manage(*kept, *changes)


def _belongs(argv: Sequence[str], index: int, names: set[str]) -> bool:
    """Whether this word is one of the options, in either form, or its value."""
    before = argv[index - 1] if index else ""
    return argv[index].partition("=")[0] in names or before in names
