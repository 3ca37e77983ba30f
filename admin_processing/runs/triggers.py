"""A run asked for, or its end: one row in the database, one in the audit log, and a wake-up.

Whoever asks (a page, the API, the schedule, a command over Redis) comes through here.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from admin_processing.models import AuditEntry
from admin_processing.runs import ledger, messages, wake
from admin_processing.runs.request import RunRequest
from streaming.publish import Publisher, encode
from streaming.redis_client import stream_client

INSERT = "INSERT INTO processing_runs ({names}) VALUES ({places})"
CANCEL = "SELECT cancel_processing(%s, %s)"
ONE_RUN = "processing_runs_one"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and from where: an IP address, `beat`, or a Redis channel."""

    who: str
    source: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A run is queued; worker_alive: whether anybody is there to take it, None if unknown."""

    run_id: str
    worker_alive: bool | None = None


class RunUnderWay(Exception):
    """There is a run already; only one is worked on at a time."""

    def __init__(self, run: Mapping[str, Any] | None) -> None:
        self.run = run
        name = f"{run['kind']} run {run['run_id']} is {run['status']}" if run else "a run ended now"
        super().__init__(f"{name}; one run is worked on at a time: wait for it, or cancel it first")


class NothingToCancel(Exception):
    """No run is queued or under way."""

    def __init__(self) -> None:
        super().__init__("no run is queued or under way, so there is nothing to cancel")


def trigger(
    request: RunRequest, kind: str, asker: Asker, action: str = "trigger", job_id: str = ""
) -> Accepted:
    """Queue a run. Raises RunUnderWay; either way the audit log says who asked for what."""
    run_id = uuid.uuid4()
    asked = request.as_json() | {"phases": list(request.phases)}
    values: dict[str, Any] = {
        "run_id": run_id,
        "kind": kind,
        "triggered_by": asker.who,
        "parameters": json.dumps(asked),
    } | ({"job_id": job_id} if job_id else {})
    entry = Entry(asker, action, asked)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_insert(values), list(values.values()))
    except IntegrityError as error:
        if ONE_RUN not in str(error):
            raise
        refusal = RunUnderWay(current_run())
        entry.write(outcome=str(refusal))
        raise refusal from None
    entry.write(run_id=run_id)
    wake.workers()
    return Accepted(str(run_id), wake.worker_alive())


def cancel(asker: Asker, action: str = "cancel") -> str:
    """Ask for the end of the run that is under way; its id. Raises NothingToCancel."""
    run = current_run()
    entry = Entry(asker, action, {})
    with connection.cursor() as cursor:
        if run is not None:
            cursor.execute(CANCEL, [run["run_id"], asker.who])
        became = cursor.fetchone()[0] if run is not None else ""
    if run is None or not became:
        entry.write(outcome="nothing to cancel")
        raise NothingToCancel
    entry.write(run_id=run["run_id"])
    if became == "cancelled":
        _tell_cancelled(run)
    else:
        wake.workers()
    return str(run["run_id"])


def current_run() -> dict[str, Any] | None:
    """The run that is queued or under way."""
    with connection.cursor() as cursor:
        return ledger.open_run(cursor)


def _insert(values: Mapping[str, Any]) -> str:
    return INSERT.format(names=", ".join(values), places=", ".join(["%s"] * len(values)))


def _tell_cancelled(run: Mapping[str, Any]) -> None:
    """Nobody is at work who would."""
    channel, event = messages.status({**run, "status": "cancelled"})
    Publisher(stream_client(settings.REDIS_URL)).send_all([(channel, encode(event))])


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the audit log that is about to be written."""

    asker: Asker
    action: str
    detail: Mapping[str, Any] = field(default_factory=dict)

    def write(self, outcome: str = "accepted", run_id: uuid.UUID | None = None) -> None:
        """Write it; the log only ever grows."""
        AuditEntry.objects.bulk_create(
            [
                AuditEntry(
                    who=self.asker.who,
                    source=self.asker.source,
                    action=self.action,
                    detail=dict(self.detail),
                    outcome=outcome[:500],
                    run_id=run_id,
                )
            ]
        )
