"""The loop of a worker: claim a chunk, do it, see what follows; as many workers as there are.

There is no leader. Whoever finds that a phase has nothing left begins the next one; whoever finds
a chunk whose holder is gone takes it. A start is the same as a recovery.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from enum import Enum

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from admin_processing.phases.registry import phase_named
from admin_processing.runs import course, ledger
from admin_processing.runs.chunk_work import ChunkWork
from admin_processing.runs.keeper import Keeper, send_events
from admin_processing.runs.ledger import Chunk, Run
from admin_processing.runs.phase import Interrupted, PhaseFailed, RunSkipped
from admin_processing.runs.request import BadRequest, parse
from streaming.lease import holder_name, is_dead

logger = logging.getLogger(__name__)

# COPY goes past Django's wrapping of errors.
AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
WAIT_SECS = 0.1
LINGER_SECS = 3.0
AWAY_SECS = 1.0
MOST_SECS_AWAY = 120.0


Wake = Callable[[int], None]
"""Calls so many workers, for as many pieces of work."""


class Step(Enum):
    """What a step found: something to do, others at work, or nothing at all."""

    WORKED = "worked"
    WAITING = "waiting"
    IDLE = "idle"


def work_through(most_secs: float = 3600.0, wake: Wake = lambda pieces: None) -> bool:
    """Do what there is to do; True if there is more, for whoever is woken next.

    most_secs: after so long, others' tasks get their turn. wake: called where a phase is planned,
    so that other workers join. Without a database it waits for it, up to two minutes.
    """
    began = idle_since = time.monotonic()
    away_since: float | None = None
    holder = holder_name()
    while time.monotonic() - began < most_secs:
        try:
            found = step(holder, wake)
            away_since = None
        except AWAY as error:
            away_since = away_since or time.monotonic()
            if time.monotonic() - away_since > MOST_SECS_AWAY:
                raise
            logger.warning("the database is away: %s", error)
            connection.close()
            time.sleep(AWAY_SECS)
            continue
        if found is Step.IDLE:
            return False
        if found is Step.WORKED:
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since > LINGER_SECS:
            return False
        else:
            time.sleep(WAIT_SECS)
    return True


def step(holder: str, wake: Wake = lambda pieces: None) -> Step:
    """One chunk, or one move of the run."""
    with connection.cursor() as cursor:
        run = ledger.open_run(cursor)
        if run is None:
            send_events()  # what waited while Redis was away
            return Step.IDLE
        ledger.free_dead(cursor, run, is_dead)
        chunk = ledger.claim(cursor, run, holder) if run["status"] == "running" else None
    if chunk is not None:
        _work(run, chunk, holder, wake)
        moved = True
    else:
        moved = course.move(run["run_id"])
    send_events()
    return Step.WORKED if moved else Step.WAITING


def _work(run: Run, chunk: Chunk, holder: str, wake: Wake) -> None:
    """One chunk, to its end or to where it is interrupted."""
    try:
        with Keeper(run["run_id"], chunk, holder, course.move) as keeper:
            if chunk.attempts > ledger.MOST_ATTEMPTS:
                raise PhaseFailed(_never_finished(chunk))
            if chunk.stage == ledger.PLANNING:
                _plan(run, chunk, holder, wake)
            else:
                phase_named(chunk.phase).work(chunk.units, ChunkWork(run, chunk, holder, keeper))
                course.finish_chunk(chunk, holder)
    except Interrupted as reason:
        logger.info("%s, chunk %d: %s", chunk.phase, chunk.id, reason)
        _let_go(chunk, holder)
    except RunSkipped as reason:
        course.skip(run["run_id"], str(reason))
    except (PhaseFailed, BadRequest) as error:
        course.fail(run["run_id"], chunk, str(error))
    except AWAY:
        raise
    except Exception as error:
        # Whatever broke, the run must end and say so, or it would be begun again for ever.
        logger.exception("%s, chunk %d broke", chunk.phase, chunk.id)
        course.fail(run["run_id"], chunk, f"{type(error).__name__}: {error}")


def _plan(run: Run, chunk: Chunk, holder: str, wake: Wake) -> None:
    plans = phase_named(chunk.phase).plan(parse(run["parameters"]))
    course.begin_phase(run["run_id"], chunk, holder, plans)
    wake(len(plans))


def _let_go(chunk: Chunk, holder: str) -> None:
    try:
        with connection.cursor() as cursor:
            ledger.let_go(cursor, chunk, holder)
    except DatabaseError as error:
        logger.warning("chunk %d is left to its lease: %s", chunk.id, error)
        connection.close()


def _never_finished(chunk: Chunk) -> str:
    return (
        f"a piece of {chunk.phase} was begun {chunk.attempts - 1} times and never finished: "
        "its workers were killed. Look at the log of the workers for why, then retry"
    )
