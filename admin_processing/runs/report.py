"""Runs as the API, the pages and the socket show them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from admin_processing.models import ProcessingRun
from admin_processing.runs import messages, progress

OPEN = ("queued", "running", "cancelling")


def open_run() -> ProcessingRun | None:
    """The run that is queued or under way."""
    return _counted().filter(status__in=OPEN).first()


def last_run() -> ProcessingRun | None:
    """The run that ended last."""
    return _counted().exclude(status__in=OPEN).order_by("-finished_at").first()


def runs_before(moment: datetime | None, limit: int) -> list[ProcessingRun]:
    """The newest runs that were asked for before a moment, newest first."""
    runs = _counted()
    return list((runs.filter(created_at__lt=moment) if moment else runs)[:limit])


def run_of(run_id: UUID | str) -> ProcessingRun | None:
    """A run by its id."""
    return _counted().filter(run_id=run_id).first()


def _counted() -> QuerySet[ProcessingRun]:
    unresolved = Count("failures", filter=Q(failures__resolved_at__isnull=True))
    return ProcessingRun.objects.annotate(unresolved=unresolved).order_by("-created_at")


def told(run: ProcessingRun, now: datetime) -> dict[str, Any]:
    """A run with its phases, for those who look at it at `now`."""
    row = {
        name: getattr(run, name)
        for name in ("run_id", "kind", "phase", "status", "note", "error", "parameters", "counts")
    }
    own = {name: getattr(run, name) for name in ("created_at", "started_at", "finished_at")}
    return {
        "run_id": str(run.run_id),
        "kind": run.kind,
        "phase": run.phase,
        "status": run.status,
        "percent": messages.summary(row)["percent"],
        "triggered_by": run.triggered_by,
        "parameters": run.parameters,
        "note": run.note,
        "error": run.error,
        "failures": getattr(run, "unresolved", 0),
        "phases": [_phase(name, run.counts.get(name), now) for name in messages.phases_of(row)],
        **{name: moment.isoformat() if moment else None for name, moment in own.items()},
    }


def _phase(name: str, own: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    counted = {**progress.NOTHING, "started_at": None, "finished_at": None, **(own or {})}
    finished = counted["finished_at"]
    until = datetime.fromisoformat(finished) if finished else now
    rate, left = progress.pace(counted, until)
    return {
        "name": name,
        **counted,
        "rate": None if rate is None else round(rate, 2),
        "eta_seconds": 0.0 if finished else left,
    }
