"""Runs and chunks in the database: who claims what, and what may follow.

Every change of a run is made under its row's lock, with the event that tells of it, in one
transaction: so events are in the order in which things became true, whoever made them so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from admin_processing.runs.messages import Told
from patterns import outbox

LEASE_SECS = 10
MOST_ATTEMPTS = 5
"""How often a chunk may be begun: one that takes its worker down each time ends the run."""
PLANNING = -1
"""The stage of the chunk in which a phase is planned."""

RUN = "run_id, kind, phase, status, triggered_by, parameters, counts, note, error"
OPEN = f"SELECT {RUN} FROM processing_runs WHERE status IN ('queued', 'running', 'cancelling')"
LOCKED = f"SELECT {RUN} FROM processing_runs WHERE run_id = %s FOR NO KEY UPDATE"
CHANGE = """
UPDATE processing_runs SET phase = %s, status = %s, counts = %s, note = %s, error = %s,
    started_at = coalesce(started_at, clock_timestamp()),
    finished_at = CASE WHEN %s THEN clock_timestamp() END
WHERE run_id = %s
"""
CHUNK = "id, phase, stage, payload, total, done, failed, attempts"
CLAIM = f"""
UPDATE processing_chunks SET status = 'working', holder = %(holder)s, attempts = attempts + 1,
    lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
    started_at = coalesce(started_at, clock_timestamp())
WHERE id = (
    SELECT id FROM processing_chunks WHERE run_id = %(run)s AND phase = %(phase)s
        AND stage = (SELECT min(stage) FROM processing_chunks
            WHERE run_id = %(run)s AND phase = %(phase)s AND status <> 'done')
        AND (status = 'waiting' AND coalesce(lease_until, '-infinity') <= clock_timestamp()
            OR status = 'working' AND lease_until < clock_timestamp()
            OR status = 'working' AND holder = %(holder)s)
    ORDER BY position LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING {CHUNK}
"""
RENEW = """
UPDATE processing_chunks SET lease_until = clock_timestamp() + make_interval(secs => %s)
WHERE id = %s AND holder = %s AND status = 'working'
"""
LET_GO = """
UPDATE processing_chunks SET status = 'waiting', holder = '', lease_until = NULL
WHERE id = %s AND holder = %s AND status = 'working'
"""
FINISH = """
UPDATE processing_chunks SET status = 'done', finished_at = clock_timestamp(), lease_until = NULL
WHERE id = %s AND holder = %s AND status = 'working'
"""
COUNT = """
UPDATE processing_chunks SET done = done + %s, failed = failed + %s, rows = rows + %s,
    lease_until = clock_timestamp() + make_interval(secs => %s)
WHERE id = %s AND holder = %s AND status = 'working'
"""
HOLDERS = "SELECT DISTINCT holder FROM processing_chunks WHERE run_id = %s AND status = 'working'"
FREE = """
UPDATE processing_chunks SET lease_until = '-infinity'
WHERE run_id = %s AND status = 'working' AND holder = ANY(%s)
"""
LEFT = """
SELECT count(*) FROM processing_chunks WHERE run_id = %s AND phase = %s AND status <> 'done'
"""
LAST_STAGE = (
    "SELECT coalesce(max(stage), 0) FROM processing_chunks WHERE run_id = %s AND phase = %s"
)
ADD_CHUNK = """
INSERT INTO processing_chunks (run_id, phase, stage, position, payload, total, lease_until)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
LOG = "INSERT INTO processing_log (run_id, level, phase, message) VALUES (%s, %s, %s, %s)"

Run = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk that its holder works on; `done + failed` units of it are behind it."""

    id: int
    phase: str
    stage: int
    payload: dict[str, Any]
    total: int
    done: int
    failed: int
    attempts: int

    @property
    def units(self) -> list[dict[str, Any]]:
        """What is to be done, in order; none while the phase is being planned."""
        return list(self.payload.get("units", ()))

    @property
    def is_retry(self) -> bool:
        """Whether its units have failed before in this run."""
        return bool(self.payload.get("retry"))


def open_run(cursor: Any) -> Run | None:
    """The run that is queued, running or being cancelled."""
    return _run(cursor, OPEN, [])


def lock(cursor: Any, run_id: Any) -> Run:
    """The run as it stands, which nobody else changes until this transaction ends."""
    run = _run(cursor, LOCKED, [run_id])
    assert run is not None, f"run {run_id} is gone"
    return run


def _run(cursor: Any, query: str, parameters: Sequence[Any]) -> Run | None:
    cursor.execute(query, parameters)
    row = cursor.fetchone()
    if row is None:
        return None
    run = dict(zip([name.strip() for name in RUN.split(",")], row, strict=True))
    return run | {name: decoded(run[name]) for name in ("parameters", "counts")}


def decoded(value: Any) -> Any:
    """A JSON column's value: Django's connections hand it over as text."""
    return json.loads(value) if isinstance(value, str) else value


def change(cursor: Any, run: Run, *told: Told) -> None:
    """Write a locked run's new state, and leave events of it for publishing."""
    over = run["status"] in ("completed", "skipped", "failed", "cancelled")
    values = (run["phase"], run["status"], json.dumps(run["counts"]), run["note"], run["error"])
    cursor.execute(CHANGE, [*values, over, run["run_id"]])
    for channel, event in told:
        outbox.add(cursor, channel, [event])


def log(cursor: Any, run: Mapping[str, Any], message: str, level: str = "info") -> None:
    """A line of the run's log, at its present phase."""
    cursor.execute(LOG, [run["run_id"], level, run["phase"], message[:2000]])


# --- chunks -------------------------------------------------------------------------------------


def claim(cursor: Any, run: Run, holder: str) -> Chunk | None:
    """Take the next chunk of the run's phase that nobody is at; None if there is none now."""
    asked = {"run": run["run_id"], "phase": run["phase"], "holder": holder, "lease": LEASE_SECS}
    cursor.execute(CLAIM, asked)
    row = cursor.fetchone()
    if row is None:
        return None
    chunk = Chunk(*row)
    return Chunk(*(*row[:3], decoded(chunk.payload), *row[4:]))


def renew(cursor: Any, chunk: Chunk, holder: str) -> bool:
    """Keep the chunk; False if it is no longer ours."""
    cursor.execute(RENEW, [LEASE_SECS, chunk.id, holder])
    return cursor.rowcount == 1


def let_go(cursor: Any, chunk: Chunk, holder: str) -> None:
    """Leave the chunk to whoever comes next; what is done of it stays done."""
    cursor.execute(LET_GO, [chunk.id, holder])


def finish(cursor: Any, chunk: Chunk, holder: str) -> bool:
    """The chunk is done; False if it was no longer ours."""
    cursor.execute(FINISH, [chunk.id, holder])
    return cursor.rowcount == 1


def count(cursor: Any, chunk: Chunk, holder: str, done: int, failed: int, rows: int) -> bool:
    """Note what is done of the chunk; False if it is no longer ours."""
    cursor.execute(COUNT, [done, failed, rows, LEASE_SECS, chunk.id, holder])
    return cursor.rowcount == 1


def free_dead(cursor: Any, run: Run, is_dead: Any) -> None:
    """Chunks whose holder is certainly dead can be had at once."""
    cursor.execute(HOLDERS, [run["run_id"]])
    dead = [holder for (holder,) in cursor.fetchall() if is_dead(holder)]
    if dead:
        cursor.execute(FREE, [run["run_id"], dead])


def left(cursor: Any, run: Run) -> int:
    """Chunks of the phase that are not done."""
    cursor.execute(LEFT, [run["run_id"], run["phase"]])
    return int(cursor.fetchone()[0])


def add_chunks(
    cursor: Any,
    run: Run,
    plans: Sequence[tuple[int, Mapping[str, Any], int]],
    not_before: datetime | None = None,
) -> None:
    """Add (stage, payload, units) to the run's phase, in their order."""
    rows = [
        (run["run_id"], run["phase"], stage, place, json.dumps(payload), total, not_before)
        for place, (stage, payload, total) in enumerate(plans)
    ]
    cursor.executemany(ADD_CHUNK, rows)


def last_stage(cursor: Any, run: Run) -> int:
    """The highest stage of the run's phase so far."""
    cursor.execute(LAST_STAGE, [run["run_id"], run["phase"]])
    return int(cursor.fetchone()[0])


def now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)
