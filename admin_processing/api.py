"""The HTTP API of processing: runs triggered, watched, cancelled and scheduled, by staff."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Status
from ninja.errors import HttpError
from pydantic import AwareDatetime

from admin_processing import answers, schedules
from admin_processing.runs import ledger, report, triggers, wake
from admin_processing.runs.failures import retryable_run
from admin_processing.runs.request import DAILY_PHASES, RunRequest, parse
from admin_processing.runs.triggers import Accepted, Asker, Entry

router = Router(tags=["processing"])

REFUSALS = dict.fromkeys((400, 401, 403, 409, 422, 429, 503), answers.Error)


def asker(request: HttpRequest) -> Asker:
    """Who asks, for the audit log; that it is staff is seen to where the router is mounted."""
    return Asker(request.user.get_username(), request.META.get("REMOTE_ADDR", ""))


def _accepted(found: Accepted) -> Status:
    message = "queued; a worker will take it in a moment"
    if found.worker_alive is False:
        message = (
            "queued, but no worker is alive to take it: start one (celery -A celery_app worker)"
        )
    elif found.worker_alive is None:
        message = "queued; Redis does not answer, so a worker takes it when it next looks"
    told = {"run_id": found.run_id, "worker_alive": found.worker_alive, "message": message}
    return Status(202, told)


def _start(request: HttpRequest, asked: answers.Asked, kind: str, phases: Any) -> Status:
    wanted = asked.dict() | {"phases": list(phases)}
    return _accepted(
        triggers.trigger(parse(wanted), kind, asker(request), action=f"trigger {kind}")
    )


@router.post(
    "/api/processing/trigger-manual",
    response={202: answers.Triggered, **REFUSALS},
    summary="Begin a run",
)
def trigger_manual(request: HttpRequest, asked: answers.AskedPhases | None = None) -> Status:
    """Import, cache, indicators and patterns, or the phases named; 409 if a run is under way."""
    asked = asked or answers.AskedPhases()
    return _start(request, asked, "manual", asked.phases or DAILY_PHASES)


@router.post(
    "/api/processing/daily/trigger",
    response={202: answers.Triggered, **REFUSALS},
    summary="Begin a run (older name)",
)
def trigger_daily(request: HttpRequest, asked: answers.AskedPhases | None = None) -> Status:
    """The older name of trigger-manual."""
    return trigger_manual(request, asked)


@router.post(
    "/api/processing/trigger-import",
    response={202: answers.Triggered, **REFUSALS},
    summary="Import alone",
)
def trigger_import(request: HttpRequest, asked: answers.Asked | None = None) -> Status:
    """What is missing of the bars, or the days named."""
    return _start(request, asked or answers.Asked(), "import", ["import"])


@router.post(
    "/api/processing/trigger-indicators",
    response={202: answers.Triggered, **REFUSALS},
    summary="Indicators alone",
)
def trigger_indicators(request: HttpRequest, asked: answers.Asked | None = None) -> Status:
    """Of daily bars that have none yet, or that were changed."""
    return _start(request, asked or answers.Asked(), "indicators", ["indicators"])


@router.post(
    "/api/processing/retry-imports",
    response={202: answers.Triggered, 404: answers.Error, **REFUSALS},
    summary="What failed, once more",
)
def retry_imports(request: HttpRequest) -> Status:
    """Only the imports that failed in the last run that has such; 404 if none has."""
    who = asker(request)
    run_id = retryable_run("import")
    if run_id is None:
        Entry(who, "retry imports").write(outcome="nothing has failed")
        raise HttpError(404, "No import has failed and still waits for a retry.")
    wanted = RunRequest(phases=("import",), retry_of=run_id, skip_market_check=True)
    return _accepted(triggers.trigger(wanted, "retry", who, action="retry imports"))


@router.delete(
    "/api/processing/cancel",
    response={202: answers.Cancelled, 404: answers.Error, **REFUSALS},
    summary="End the run that is under way",
)
def cancel(request: HttpRequest) -> Status:
    """Within seconds; what is done stays done, and is whole."""
    return Status(202, {"run_id": triggers.cancel(asker(request))})


@router.get(
    "/api/processing/status", response={200: answers.Status, **REFUSALS}, summary="Now and next"
)
def status(request: HttpRequest) -> dict[str, Any]:
    """The run under way, the last one, and when the next begins by itself."""
    return state()


def state() -> dict[str, Any]:
    """What the status shows."""
    now = ledger.now()
    run, last = report.open_run(), report.last_run()
    coming = [entry["next_run_at"] for entry in schedules.schedules(now)]
    return {
        "running": run is not None,
        "run": report.told(run, now) if run else None,
        "last_run": report.told(last, now) if last else None,
        "next_run_at": min((moment for moment in coming if moment), default=None),
        "worker_alive": wake.worker_alive(),
    }


@router.get(
    "/api/processing/history", response={200: answers.History, **REFUSALS}, summary="Earlier runs"
)
def history(
    request: HttpRequest,
    limit: int = Query(20, ge=1, le=200),
    before: AwareDatetime | None = None,
) -> dict[str, Any]:
    """Newest first; `before` takes the `next_before` of the page before."""
    now, runs = ledger.now(), report.runs_before(before, limit)
    return {
        "runs": [report.told(run, now) for run in runs],
        "next_before": runs[-1].created_at.isoformat() if len(runs) == limit else None,
    }


@router.get(
    "/api/processing/schedule", response={200: answers.Schedules, **REFUSALS}, summary="Schedules"
)
def schedule(request: HttpRequest) -> dict[str, Any]:
    """When runs begin by themselves."""
    return {"schedules": schedules.schedules(ledger.now())}


@router.post(
    "/api/processing/schedule",
    response={200: answers.ScheduleTold, 404: answers.Error, **REFUSALS},
    summary="Change a schedule",
)
def set_schedule(request: HttpRequest, asked: answers.AskedSchedule) -> dict[str, Any]:
    """Takes effect within seconds, without a restart."""
    wanted = schedules.Change(asked.enabled, asked.time, asked.days)
    task = schedules.change(asked.name, wanted)
    schedules.announce(task, asker(request), asked.dict(exclude_none=True))
    return schedules.told(task, ledger.now())
