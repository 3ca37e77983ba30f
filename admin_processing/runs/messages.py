"""What is published of a run, as the contract has it. Pure: rows in, (channel, event) out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from admin_processing.runs import progress
from admin_processing.runs.request import PHASES
from streaming.publish import event

STATUS = "tickstock:processing:status"
SCHEDULE = "tickstock:processing:schedule"
OF_STATUS = {
    "running": "processing_started",
    "completed": "processing_completed",
    "skipped": "processing_completed",
    "failed": "processing_failed",
    "cancelled": "processing_cancelled",
}

Told = tuple[str, dict[str, Any]]
Row = Mapping[str, Any]
"""A run: the columns of `processing_runs` by name."""


def phases_of(run: Row) -> list[str]:
    """The phases that a run goes through, in their order."""
    wanted = run["parameters"].get("phases")
    return [name for name in PHASES if wanted is None or name in wanted]


def summary(run: Row) -> dict[str, Any]:
    """A run as events and the API show it."""
    told = {
        "run_id": str(run["run_id"]),
        "kind": run["kind"],
        "phase": run["phase"],
        "status": run["status"],
        "percent": progress.percent(run["counts"], phases_of(run)),
    }
    return told | {name: run[name] for name in ("note", "error") if run.get(name)}


def status(run: Row) -> Told:
    """A run has begun or ended."""
    return STATUS, event(OF_STATUS[run["status"]], run=summary(run))


def phase(run: Row, moment: str, now: datetime, symbol: str = "") -> Told:
    """A phase has `started`, made `progress` or `completed`."""
    name = run["phase"]
    own = run["counts"].get(name, progress.NOTHING)
    _, left = progress.pace(own, now)
    return f"tickstock:{name}:{moment}", event(
        f"{name}_{moment}",
        run_id=str(run["run_id"]),
        **{field: own[field] for field in ("done", "total", "failed", "rows")},
        symbol=symbol,
        eta_seconds=0.0 if moment == "completed" else left,
        percent=progress.percent(run["counts"], phases_of(run)),
    )
