"""`/admin/daily-processing`: the one page that an administrator keeps open.

What changes while it is open is one piece of markup (`daily_now`), which the page asks for again
whenever its socket or its look at the status says that something is different.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from admin_processing import schedules
from admin_processing.models import ProcessingFailure, ProcessingRun
from admin_processing.providers.registry import MAKERS, configured_name
from admin_processing.run_words import lasted, phase_rows, summary
from admin_processing.runs import ledger, report, wake
from admin_processing.runs.failures import retryable_run
from admin_processing.runs.request import DAILY_PHASES
from market.models import Universe

RUNS, FAILURES, LOG_LINES = 10, 20, 100
"""How many are shown, the newest; the rest is a link away."""
DOING = {
    "": "Beginning",
    "import": "Importing bars",
    "cache": "Bringing in symbols and universes",
    "indicators": "Computing indicators",
    "patterns": "Looking for patterns",
    "heal": "Repairing gaps",
    "reconcile": "Comparing with the provider",
}
BECAME = {
    "queued": "Waiting for a worker",
    "cancelling": "Being cancelled",
    "completed": "The last run completed",
    "failed": "The last run failed",
    "cancelled": "The last run was cancelled",
    "skipped": "The last run had nothing to do",
}
DAY_NAMES = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
NEEDS = {
    "massive": "MASSIVE_API_KEY",
    "flatfiles": "IMPORT_FOLDER",
    "folder": "IMPORT_FOLDER",
}
"""Providers that can not work without a setting."""
COMPONENTS = ("database", "redis", "worker", "beat", "stream")
"""Of `/health`, in the order in which they are shown."""


@never_cache
@require_safe
def daily_processing(request: HttpRequest) -> HttpResponse:
    """The page, with everything as it is now."""
    context = admin.site.each_context(request) | now_context(ledger.now())
    context |= {
        "title": "Daily processing",
        "universes": universes(),
        "sources": sources(),
        "configured_source": configured_name(),
        "daily_phases": DAILY_PHASES,
        "day_names": DAY_NAMES,
        "components": COMPONENTS,
    }
    return render(request, "admin_processing/daily/page.html", context)


@never_cache
@require_safe
def daily_now(request: HttpRequest) -> HttpResponse:
    """The parts of the page that change."""
    context = now_context(ledger.now()) | {"day_names": DAY_NAMES}
    return render(request, "admin_processing/daily/now.html", context)


def now_context(now: datetime) -> dict[str, Any]:
    """The run under way, or the last one, with what belongs to it; earlier runs; schedules."""
    under_way = report.open_run()
    planned = [entry | {"next": next_of(entry)} for entry in schedules.schedules(now)]
    return {
        "under_way": under_way,
        "worker_alive": wake.worker_alive(),
        "history": [history_row(run, now) for run in report.runs_before(None, RUNS)],
        "schedules": planned,
        "coming": min((entry["next"] for entry in planned if entry["next"]), default=None),
        "retryable": retryable(),
        **run_context(under_way or report.last_run(), now),
    }


def run_context(run: ProcessingRun | None, now: datetime) -> dict[str, Any]:
    """One run: its phases, what failed, what was said."""
    if run is None:
        return {"run": None, "headline": "Nothing has run yet"}
    over = run.status not in report.OPEN
    failures, log = run.failures.all(), run.log.order_by("-id")
    return {
        "run": run,
        "headline": headline(run.status, run.phase),
        "percent": report.told(run, now)["percent"],
        "took": lasted(run.started_at, run.finished_at, now),
        "over": over,
        "phases": phase_rows(run.counts, run.parameters, now, over),
        "failures": failures[:FAILURES],
        "failure_count": failures.count(),
        "log": list(log[:LOG_LINES])[::-1],
        "log_count": log.count(),
    }


def headline(status: str, phase: str) -> str:
    """What is going on, or how the last run ended, in a few words."""
    return DOING.get(phase, phase) if status == "running" else BECAME[status]


def history_row(run: ProcessingRun, now: datetime) -> dict[str, Any]:
    """A line of the table of runs; of one that is under way the figures stand above."""
    if run.status in report.OPEN:
        return {"run": run, "took": "", "did": "see above"}
    took = lasted(run.started_at, run.finished_at, now)
    return {"run": run, "took": took, "did": run.error or run.note or summary(run.counts)}


def universes() -> list[Universe]:
    """Those that have members, with how many."""
    return list(Universe.objects.annotate(size=Count("members")).filter(size__gt=0))


def sources() -> list[str]:
    """The providers whose settings are there."""
    return [name for name in MAKERS if name not in NEEDS or getattr(settings, NEEDS[name])]


def retryable() -> int:
    """How many imports `retry-imports` would try again."""
    run_id = retryable_run("import")
    if run_id is None:
        return 0
    failed = ProcessingFailure.objects.filter(phase="import", resolved_at=None)
    return failed.filter(run__run_id=UUID(run_id)).count()


def next_of(schedule: dict[str, Any]) -> datetime | None:
    """When a schedule next begins a run."""
    text = schedule["next_run_at"]
    return datetime.fromisoformat(text) if text else None
