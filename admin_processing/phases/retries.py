"""A run that retries another's failures: the units that failed, and what becomes of them there."""

from __future__ import annotations

from typing import Any

from django.db import connection

from admin_processing.runs import failures, ledger
from admin_processing.runs.phase import Work

UNRESOLVED = """
SELECT unit FROM processing_failures
WHERE run_id = %s AND phase = %s AND resolved_at IS NULL ORDER BY id
"""


def unresolved(run_id: str, phase: str) -> list[dict[str, Any]]:
    """The units of a run's phase that failed and are still to be done."""
    with connection.cursor() as cursor:
        cursor.execute(UNRESOLVED, [run_id, phase])
        return [ledger.decoded(unit) for (unit,) in cursor.fetchall()]


def resolve(cursor: Any, work: Work, phase: str, name: str) -> None:
    """A unit is done: where the run is a retry, it has no longer failed in the run before."""
    if work.request.retry_of:
        failures.resolve(cursor, {"run_id": work.request.retry_of, "phase": phase}, [name])
