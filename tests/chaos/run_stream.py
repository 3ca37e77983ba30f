"""`stream_ticks` with a kill point: `run_stream.py POINT N stream_ticks …`, N counted from 1.

The points are patched in from here, so that the program itself knows nothing of them. At the
N-th time that the process comes to the point it kills itself with -9.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

Patch = Callable[["Point"], None]


class Point:
    """Counts how often it was passed, and kills the process at the chosen time."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.armed = True

    def passed(self) -> None:
        if not self.armed:
            return
        self.left -= 1
        if self.left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, owner: Any, name: str) -> None:
        """Pass the point before each call of `owner.name`."""
        inner = getattr(owner, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.passed()
            return inner(*args, **kwargs)

        setattr(owner, name, wrapped)

    def after(self, owner: Any, name: str) -> None:
        """Pass the point after each call of `owner.name`."""
        inner = getattr(owner, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = inner(*args, **kwargs)
            self.passed()
            return result

        setattr(owner, name, wrapped)

    def within(self, owner: Any, name: str) -> None:
        """Count only while `owner.name` runs."""
        inner = getattr(owner, name)
        self.armed = False

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.armed = True
            try:
                return inner(*args, **kwargs)
            finally:
                self.armed = False

        setattr(owner, name, wrapped)


def after_append(point: Point) -> None:
    from streaming.journal import Journal

    point.after(Journal, "append")


def before_copy(point: Point) -> None:
    from streaming import store

    point.before(store, "copy_columns")


def before_bars_commit(point: Point) -> None:
    from streaming import store

    point.after(store, "save_bars")


def after_bars_commit(point: Point) -> None:
    from streaming import store

    point.after(store, "save_minute")


def before_analysis_commit(point: Point) -> None:
    from patterns import store

    point.after(store, "save")


def before_publishing(point: Point) -> None:
    """After the analysis's commit."""
    from streaming.broadcast import BarBroadcast

    point.before(BarBroadcast, "analysed")


def before_outbox(point: Point) -> None:
    from streaming.broadcast import BarBroadcast

    point.before(BarBroadcast, "outbox_filled")


def after_publishing(point: Point) -> None:
    """The events are out, and the outbox still has them."""
    from patterns import outbox

    point.before(outbox, "forget")


def after_trim(point: Point) -> None:
    from streaming.journal import Journal

    point.after(Journal, "trim")


def in_rebuild(point: Point) -> None:
    from streaming.aggregate import Aggregator
    from streaming.bars_worker import BarsWorker

    point.after(Aggregator, "apply")
    point.within(BarsWorker, "start")


def in_recovery(point: Point) -> None:
    from streaming.analyst import Analyst

    point.after(Analyst, "_save")
    point.within(Analyst, "recover")


def before_finish(point: Point) -> None:
    from streaming import epochs

    point.before(epochs, "finish")


def nowhere(point: Point) -> None:
    point.armed = False


POINTS: dict[str, Patch] = {
    patch.__name__: patch
    for patch in (
        nowhere,
        after_append,
        before_copy,
        before_bars_commit,
        after_bars_commit,
        before_analysis_commit,
        before_publishing,
        before_outbox,
        after_publishing,
        after_trim,
        in_rebuild,
        in_recovery,
        before_finish,
    )
}


def main() -> None:
    """Patch, then run the command as `manage.py` does."""
    name, times, *command = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tickstock_site.settings")
    os.environ["TICKSTOCK_PROCESS"] = "stream"
    import django

    django.setup()
    POINTS[name](Point(int(times)))
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", *command])


if __name__ == "__main__":
    main()
