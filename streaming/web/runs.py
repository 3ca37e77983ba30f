"""What is told of runs and their phases: every change, and of progress the newest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from streaming.web.frames import encode
from streaming.web.ring import Ring

PHASES = ("import", "cache", "indicators", "patterns", "heal", "reconcile")
MOMENTS = ("started", "progress", "completed")
CHANNELS = (
    "tickstock:processing:status",
    "tickstock:processing:schedule",
    *(f"tickstock:{phase}:{moment}" for phase in PHASES for moment in MOMENTS),
)
TYPES = frozenset(
    [f"{phase}_{moment}" for phase in PHASES for moment in MOMENTS]
    + [f"processing_{moment}" for moment in ("started", "completed", "failed", "cancelled")]
    + ["schedule_updated"]
)


@dataclass(slots=True)
class RunCursor:
    """A reader's place: changes, progress frames and tears that are behind it."""

    changes: int
    progress: int
    tears: int


class RunLog:
    """Changes (a run or phase begins or ends, a schedule is set) in a ring, progress in one place.

    One run is worked on at a time and its phases follow one another, so the newest progress is
    the only one that is not old news. It keeps its place between the changes around it.
    """

    def __init__(self, capacity: int = 256) -> None:
        self._changes: Ring[str] = Ring(capacity)
        self._progress = ""
        self._progress_after = 0
        self._progress_count = 0
        self._tears = 0

    def take(self, message: dict[str, Any]) -> None:
        """Sort one message in."""
        if not message["type"].endswith("_progress"):
            self._changes.append(encode(message))
            return
        self._progress = encode(message)
        self._progress_after = self._changes.end
        self._progress_count += 1

    def tear(self) -> None:
        """Something may have been missed: every reader needs the state anew."""
        self._tears += 1

    def cursor(self) -> RunCursor:
        """A reader that starts now; what was before is in the state that it gets."""
        return RunCursor(self._changes.end, self._progress_count, self._tears)

    def collect(self, cursor: RunCursor) -> list[str] | None:
        """What a reader has not got yet; moves its cursor. None: it needs the state anew."""
        frames, lost = self._changes.since(cursor.changes)
        if lost or cursor.tears != self._tears:
            return None
        if cursor.progress < self._progress_count:
            frames.insert(self._progress_after - cursor.changes, self._progress)
        cursor.changes, cursor.progress = self._changes.end, self._progress_count
        return frames
