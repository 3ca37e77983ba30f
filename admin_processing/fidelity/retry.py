"""Units of a night phase in pieces, and those of an earlier run that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from django.db import connection

from admin_processing.runs import failures, ledger
from admin_processing.runs.phase import ChunkPlan, Work

MOST_PIECES = 48
UNRESOLVED = """
SELECT unit FROM processing_failures
WHERE run_id = %s AND phase = %s AND resolved_at IS NULL ORDER BY id
"""


def pieces(units: Sequence[Mapping[str, Any]], stage: int) -> list[ChunkPlan]:
    """Neighbours together, in so many pieces of nearly one size."""
    count = min(len(units), MOST_PIECES)
    ends = [len(units) * piece // count for piece in range(count + 1)] if count else []
    return [ChunkPlan(list(units[a:b]), stage) for a, b in pairwise(ends)]


def lean(unit: dict[str, Any]) -> dict[str, Any]:
    """A unit whose provider's unit names its symbols needs no list of all of them beside it."""
    if unit["unit"].get("symbols"):
        return {name: value for name, value in unit.items() if name != "symbols"}
    return unit


def chunks(run_id: str, phase: str) -> list[ChunkPlan]:
    """What failed in a phase of that run, and has not been done since."""
    with connection.cursor() as cursor:
        cursor.execute(UNRESOLVED, [run_id, phase])
        return pieces([ledger.decoded(unit) for (unit,) in cursor.fetchall()], 0)


def resolve(cursor: Any, work: Work, phase: str, unit: Mapping[str, Any]) -> None:
    """The unit's failure in the run that is retried is over, in the transaction that did it."""
    if work.request.retry_of:
        before = {"run_id": work.request.retry_of, "phase": phase}
        failures.resolve(cursor, before, [str(unit["name"])])
