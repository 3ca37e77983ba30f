"""The course of a run: begun, from phase to phase, to its end; each move under the run's lock."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from admin_processing.runs import failures, ledger, messages, opening, progress
from admin_processing.runs.chunk_work import weight
from admin_processing.runs.ledger import Chunk, Run
from admin_processing.runs.phase import ChunkPlan, LeaseLost, RunCancelled
from admin_processing.runs.request import parse

logger = logging.getLogger(__name__)


def move(run_id: Any) -> bool:
    """Take the run one move on, if that is due; False if others are still at it."""
    with transaction.atomic(), connection.cursor() as cursor:
        run = ledger.lock(cursor, run_id)
        if run["status"] == "queued":
            moved = _begin(cursor, run)
        elif run["status"] == "cancelling":
            moved = _cancel(cursor, run)
        elif run["status"] == "running":
            moved = _go_on(cursor, run)
        else:
            moved = False
    return moved


def _begin(cursor: Any, run: Run) -> bool:
    run = run | {"status": "running"}
    ledger.change(cursor, run, messages.status(run))
    ledger.log(cursor, run, f"{run['kind']} run begins, asked for by {run['triggered_by']}")
    reason = opening.why_not(parse(run["parameters"]), ledger.now())
    if reason:
        return _end(cursor, run | {"note": reason}, "skipped")
    return _enter(cursor, run, messages.phases_of(run)[0])


def _go_on(cursor: Any, run: Run) -> bool:
    if ledger.left(cursor, run):
        return False
    if failures.plan_retry(cursor, run):
        return True
    now = ledger.now()
    run = run | {"counts": progress.ended(run["counts"], run["phase"], now)}
    ledger.change(cursor, run, messages.phase(run, "completed", now))
    own = run["counts"][run["phase"]]
    ledger.log(cursor, run, _in_words(own))
    if own["failed"] and not own["done"]:
        error = f"{run['phase']}: none of {own['failed']} could be done; see the failures"
        return _end(cursor, run | {"error": error}, "failed")
    phases = messages.phases_of(run)
    following = phases[phases.index(run["phase"]) + 1 :]
    if following:
        return _enter(cursor, run, following[0])
    return _end(cursor, run, "completed")


def _enter(cursor: Any, run: Run, phase: str) -> bool:
    """The phase is entered: its first chunk is to plan the others."""
    counts = progress.begun(run["counts"], phase, ledger.now())
    run = run | {"phase": phase, "counts": counts}
    ledger.change(cursor, run)
    ledger.add_chunks(cursor, run, [(ledger.PLANNING, {}, 0)])
    return True


def _end(cursor: Any, run: Run, status: str) -> bool:
    run = run | {"status": status}
    ledger.change(cursor, run, messages.status(run))
    why = run["error"] or run["note"]
    ledger.log(cursor, run, f"run {status}" + (f": {why}" if why else ""))
    return True


def _cancel(cursor: Any, run: Run) -> bool:
    """At once, whoever is still at it: the run's lock keeps them from writing any more."""
    return _end(cursor, run | {"note": run["note"] or "cancelled"}, "cancelled")


def begin_phase(run_id: Any, chunk: Chunk, holder: str, plans: Sequence[ChunkPlan]) -> None:
    """The phase's chunks are planned: now it is known how much there is, and told.

    The planning ends in the same transaction, so that it is done once. Raises Interrupted.
    """
    total = sum(weight(plan.units) for plan in plans)
    with transaction.atomic(), connection.cursor() as cursor:
        run = ledger.lock(cursor, run_id)
        if run["status"] != "running":
            raise RunCancelled(f"the run is {run['status']}")
        if not ledger.finish(cursor, chunk, holder):
            raise LeaseLost(f"the planning of {chunk.phase} was taken by somebody else")
        run = run | {"counts": progress.added(run["counts"], chunk.phase, total=total)}
        ledger.change(cursor, run, messages.phase(run, "started", ledger.now()))
        ledger.log(cursor, run, f"{chunk.phase}: {total} to do in {len(plans)} pieces")
        rows = [(plan.stage, {"units": list(plan.units)}, len(plan.units)) for plan in plans]
        ledger.add_chunks(cursor, run, rows)


def finish_chunk(chunk: Chunk, holder: str) -> None:
    """The chunk is done, if it is still its holder's."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not ledger.finish(cursor, chunk, holder):
            logger.info("%s: chunk %d was somebody else's by then", chunk.phase, chunk.id)


def fail(run_id: Any, chunk: Chunk, error: str) -> None:
    """The whole run fails."""
    with transaction.atomic(), connection.cursor() as cursor:
        run = ledger.lock(cursor, run_id)
        if run["status"] in ("running", "cancelling"):
            _end(cursor, run | {"error": f"{chunk.phase}: {error}"}, "failed")


def skip(run_id: Any, reason: str) -> None:
    """The whole run ends, for it has nothing to do."""
    with transaction.atomic(), connection.cursor() as cursor:
        run = ledger.lock(cursor, run_id)
        if run["status"] == "running":
            _end(cursor, run | {"note": reason}, "skipped")


def _in_words(own: dict[str, Any]) -> str:
    failed = f", {own['failed']} failed" if own["failed"] else ""
    return f"{own['done']} of {own['total']} done{failed}, {own['rows']} rows written"
