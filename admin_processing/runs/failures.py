"""Units that could not be done: listed, tried again after a while, then left to people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from admin_processing.runs import ledger
from admin_processing.runs.ledger import Run

NOTE = """
INSERT INTO processing_failures (run_id, phase, symbol, error, unit, next_attempt_at)
VALUES (%(run)s, %(phase)s, %(symbol)s, %(error)s, %(unit)s,
    clock_timestamp() + make_interval(secs => %(first)s))
ON CONFLICT (run_id, phase, symbol) DO UPDATE SET
    error = excluded.error, unit = excluded.unit, last_at = clock_timestamp(), resolved_at = NULL,
    attempts = processing_failures.attempts + 1,
    next_attempt_at = clock_timestamp() + make_interval(secs =>
        (%(delays)s::float8[])[processing_failures.attempts + 1])
RETURNING attempts
"""
RESOLVE = """
UPDATE processing_failures SET resolved_at = clock_timestamp(), next_attempt_at = NULL
WHERE run_id = %s AND phase = %s AND symbol = ANY(%s) AND resolved_at IS NULL
"""
DUE = """
SELECT unit, next_attempt_at FROM processing_failures
WHERE run_id = %s AND phase = %s AND resolved_at IS NULL AND next_attempt_at IS NOT NULL
ORDER BY next_attempt_at, id
"""
RETRYABLE = """
SELECT run_id::text FROM processing_failures JOIN processing_runs USING (run_id)
WHERE processing_failures.phase = %s AND resolved_at IS NULL
    AND processing_runs.status NOT IN ('queued', 'running', 'cancelling')
ORDER BY processing_failures.last_at DESC LIMIT 1
"""
TOGETHER = timedelta(seconds=2)
"""Failures whose time comes within this of the first are tried again with it."""
RETRY_UNITS = 50


def note(cursor: Any, run: Run, unit: Mapping[str, Any], error: str) -> int:
    """List a unit that has failed; how often it has, this time included.

    It is tried again after each of the setting PROCESSING_RETRY_SECS in turn.
    """
    delays = [float(secs) for secs in settings.PROCESSING_RETRY_SECS]
    asked = {"run": run["run_id"], "phase": run["phase"], "symbol": str(unit["name"])}
    asked |= {"error": error[:2000], "unit": json.dumps(unit), "delays": delays}
    cursor.execute(NOTE, asked | {"first": delays[0] if delays else None})
    return int(cursor.fetchone()[0])


def resolve(cursor: Any, run: Run, names: Sequence[str]) -> int:
    """These have been done after all; how many of them were listed."""
    cursor.execute(RESOLVE, [run["run_id"], run["phase"], list(names)])
    return int(cursor.rowcount)


def plan_retry(cursor: Any, run: Run) -> bool:
    """Add chunks of what is to be tried again, not before its time; False if nothing is."""
    cursor.execute(DUE, [run["run_id"], run["phase"]])
    due = cursor.fetchall()
    if not due:
        return False
    first: datetime = due[0][1]
    units = [ledger.decoded(unit) for unit, moment in due if moment <= first + TOGETHER]
    stage = ledger.last_stage(cursor, run) + 1
    pieces = [units[at : at + RETRY_UNITS] for at in range(0, len(units), RETRY_UNITS)]
    plans = [(stage, {"units": piece, "retry": True}, len(piece)) for piece in pieces]
    ledger.add_chunks(cursor, run, plans, not_before=first)
    return True


def retryable_run(phase: str) -> str | None:
    """The run whose failures in a phase still wait for a retry; the newest, if several have any."""
    with connection.cursor() as cursor:
        cursor.execute(RETRYABLE, [phase])
        row = cursor.fetchone()
    return row[0] if row else None
