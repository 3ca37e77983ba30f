"""What a phase says of its work, written down: counts, failures, log, and the events of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from admin_processing.runs import failures, ledger, messages, progress
from admin_processing.runs.keeper import Keeper
from admin_processing.runs.ledger import Chunk, Run
from admin_processing.runs.phase import LeaseLost, RunCancelled
from admin_processing.runs.request import RunRequest, parse

CALCULATED = {"indicators": "calculated"}
"""Phases that tell of each piece on a channel of its own, too."""


def weight(units: Sequence[Mapping[str, Any]]) -> int:
    """How much units count for: each says its `size`, such as its number of symbols, or is one."""
    return sum(int(unit.get("size", 1)) for unit in units)


class ChunkWork:
    """One chunk in its holder's hands; implements `runs.phase.Work`.

    Every count locks the run, so that what is told of it only ever grows, and so that nothing is
    written once it was cancelled or given to somebody else.
    """

    def __init__(self, run: Run, chunk: Chunk, holder: str, keeper: Keeper) -> None:
        self.run_id = str(run["run_id"])
        self.request: RunRequest = parse(run["parameters"])
        self.position = chunk.done + chunk.failed
        self._chunk, self._holder, self._keeper = chunk, holder, keeper

    def checkpoint(self) -> None:
        """Raises Interrupted if the work is no longer wanted, or no longer ours."""
        self._keeper.check()

    def done(self, units: int = 1, rows: int = 0, symbol: str = "") -> None:
        """Count units as done, in the caller's transaction. Raises Interrupted."""
        with transaction.atomic(), connection.cursor() as cursor:
            run = self._locked(cursor, units, 0, rows)
            done = self._chunk.units[self.position : self.position + units]
            size = weight(done)
            mended = 0
            if self._chunk.is_retry and done:
                failures.resolve(cursor, run, [str(unit["name"]) for unit in done])
                mended = size
            counts = progress.added(
                run["counts"], run["phase"], done=size, rows=rows, failed=-mended
            )
            self._tell(cursor, run | {"counts": counts}, symbol)
        self.position += units

    def failed(self, unit: Mapping[str, Any], error: str) -> None:
        """List a unit as failed, in a transaction of its own. Raises Interrupted."""
        with transaction.atomic(), connection.cursor() as cursor:
            run = self._locked(cursor, 0, 1, 0)
            attempts = failures.note(cursor, run, unit, error)
            ledger.log(cursor, run, f"{unit['name']} failed ({attempts}): {error}", "warning")
            new = 0 if self._chunk.is_retry else weight([unit])
            counts = progress.added(run["counts"], run["phase"], failed=new)
            self._tell(cursor, run | {"counts": counts}, str(unit["name"]))
        self.position += 1

    def log(self, message: str, level: str = "info") -> None:
        """A line for the run's log."""
        with connection.cursor() as cursor:
            ledger.log(cursor, {"run_id": self.run_id, "phase": self._chunk.phase}, message, level)

    def _locked(self, cursor: Any, done: int, failed: int, rows: int) -> Run:
        run = ledger.lock(cursor, self.run_id)
        if run["status"] != "running":
            raise RunCancelled(f"the run is {run['status']}")
        if not ledger.count(cursor, self._chunk, self._holder, done, failed, rows):
            raise LeaseLost(f"chunk {self._chunk.id} was taken by somebody else")
        return run

    def _tell(self, cursor: Any, run: Run, symbol: str) -> None:
        moments = ["progress"]
        if run["phase"] in CALCULATED:
            moments.append(CALCULATED[run["phase"]])
        now = ledger.now()
        ledger.change(cursor, run, *(messages.phase(run, name, now, symbol) for name in moments))
