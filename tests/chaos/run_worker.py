"""A Celery worker with a kill point: `run_worker.py POINT PHASE N MARK celery arguments …`.

At the N-th time that its processes come to the point in that phase, the whole worker is killed
with -9, or the one child that works (a point whose name ends with `_alone`). MARK is a file: a
point that has killed once kills no more.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


class Point:
    """Kills once, at the chosen time."""

    def __init__(self, phase: str, times: int, mark: Path, *, alone: bool) -> None:
        self.phase, self.left, self.mark, self.alone = phase, times, mark, alone

    def passed(self, phase: str) -> None:
        if phase != self.phase or self.mark.exists():
            return
        self.left -= 1
        if self.left > 0:
            return
        self.mark.touch()
        if self.alone:
            os.kill(os.getpid(), signal.SIGKILL)
        os.killpg(os.getpgid(0), signal.SIGKILL)


def in_the_unit(point: Point) -> None:
    """Its rows are written, and not yet committed."""
    from admin_processing.runs.chunk_work import ChunkWork

    _before(ChunkWork, "_locked", point, lambda work, *_: work._chunk.phase)


def after_the_unit(point: Point) -> None:
    """It is committed, and the next one not begun."""
    from admin_processing.runs.chunk_work import ChunkWork

    _before(ChunkWork, "checkpoint", point, lambda work: work._chunk.phase)


def in_planning(point: Point) -> None:
    """The chunks are known, and not yet in the database."""
    from admin_processing.runs import course

    _before(course, "begin_phase", point, lambda run_id, chunk, *_: chunk.phase)


def at_the_chunks_end(point: Point) -> None:
    """All units are done, or planned, and the chunk is not yet."""
    from admin_processing.runs import ledger

    _before(ledger, "finish", point, lambda cursor, chunk, *_: chunk.phase)


def between_phases(point: Point) -> None:
    """The next phase is entered, and that is not yet committed."""
    from admin_processing.runs import ledger

    _before(ledger, "add_chunks", point, lambda cursor, run, *_: run["phase"])


POINTS: dict[str, Callable[[Point], None]] = {
    function.__name__: function
    for function in (in_the_unit, after_the_unit, in_planning, at_the_chunks_end, between_phases)
}


def _before(owner: Any, name: str, point: Point, phase_of: Callable[..., str]) -> None:
    inner = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        point.passed(phase_of(*args))
        return inner(*args, **kwargs)

    setattr(owner, name, wrapped)


def main() -> None:
    """Patch the point in, then be the worker."""
    name, phase, times, mark, *arguments = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tickstock_site.settings")
    import celery_app

    if name != "nowhere":
        import django

        django.setup()
        point = Point(phase, int(times), Path(mark), alone=name.endswith("_alone"))
        POINTS[name.removesuffix("_alone")](point)
    celery_app.app.worker_main(arguments)


if __name__ == "__main__":
    main()
