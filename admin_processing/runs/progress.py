"""How far a run is: counts by phase, percent, rate and time left. Pure arithmetic.

Counts are kept with the run as plain JSON: phase → {total, done, failed, rows, started_at,
finished_at}, times in ISO 8601.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

Counts = dict[str, dict[str, Any]]
NOTHING = {"total": 0, "done": 0, "failed": 0, "rows": 0}


def begun(counts: Counts, phase: str, now: datetime) -> Counts:
    """With a phase that begins now."""
    return {**counts, phase: {**NOTHING, "started_at": now.isoformat(), "finished_at": None}}


def ended(counts: Counts, phase: str, now: datetime) -> Counts:
    """With a phase that ends now."""
    return {**counts, phase: {**counts.get(phase, NOTHING), "finished_at": now.isoformat()}}


def added(counts: Counts, phase: str, **more: int) -> Counts:
    """With so many more of total, done, failed and rows."""
    own = dict(counts.get(phase, NOTHING))
    for name, number in more.items():
        own[name] = own.get(name, 0) + number
    return {**counts, phase: own}


def percent(counts: Counts, phases: Sequence[str]) -> float:
    """Of the whole run; each phase counts the same."""
    if not phases:
        return 100.0
    return round(100 * sum(_share(counts.get(phase)) for phase in phases) / len(phases), 1)


def _share(own: Mapping[str, Any] | None) -> float:
    if own is None:
        return 0.0
    if own.get("finished_at"):
        return 1.0
    total = own.get("total", 0)
    return min((own["done"] + own["failed"]) / total, 1.0) if total else 0.0


def pace(own: Mapping[str, Any], now: datetime) -> tuple[float | None, float | None]:
    """Units a second so far, and seconds until the phase ends at that rate; None: not known yet."""
    worked = own.get("done", 0) + own.get("failed", 0)
    since = own.get("started_at")
    if not worked or not since:
        return None, None
    seconds = max((now - datetime.fromisoformat(since)).total_seconds(), 0.001)
    left = max(own.get("total", 0) - worked, 0)
    return worked / seconds, round(left * seconds / worked, 1)
