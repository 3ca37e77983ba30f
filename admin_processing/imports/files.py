"""Files that were imported whole: one that has not changed since is not read again.

A unit that is about a file says so: `path`, and `part` where it is only about some of its symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from admin_processing.providers.base import Unit, UnitFailed

SEEN = "SELECT path, part, size, modified_ns FROM imported_files WHERE source = %s"
NOTE = """
INSERT INTO imported_files AS had (source, path, part, size, modified_ns, rows)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (source, path, part) DO UPDATE SET size = excluded.size, rows = excluded.rows,
    modified_ns = excluded.modified_ns, imported_at = now()
"""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file's part as it is now."""

    path: str
    part: str
    size: int
    modified_ns: int


def state(unit: Unit) -> FileState | None:
    """The file that a unit is about, as it is now; None for a unit about none.

    Raises UnitFailed where it is gone.
    """
    path = unit.get("path")
    if not path:
        return None
    try:
        found = Path(path).stat()
    except OSError as error:
        raise UnitFailed(f"{path} can not be read: {error.strerror}") from None
    return FileState(str(path), str(unit.get("part", "")), found.st_size, found.st_mtime_ns)


def changed(cursor: Any, source: str, units: Sequence[Unit]) -> list[Unit]:
    """The units whose file is new or has changed, and those that are about no file."""
    if not any(unit.get("path") for unit in units):
        return list(units)
    cursor.execute(SEEN, [source])
    seen = {FileState(*row) for row in cursor.fetchall()}
    return [unit for unit in units if _state_or_none(unit) not in seen]


def _state_or_none(unit: Unit) -> FileState | None:
    try:
        return state(unit)
    except UnitFailed:
        return None  # it is tried, so that the failure is listed


def note(cursor: Any, source: str, read: FileState, rows: int) -> None:
    """A file's part is imported as it was before it was read."""
    cursor.execute(NOTE, [source, read.path, read.part, read.size, read.modified_ns, rows])


__all__ = ["FileState", "changed", "note", "state"]
