"""When runs begin by themselves: rows of django-celery-beat, in New York time.

Beat looks at them every few seconds, so a change takes effect without a restart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from celery.utils.time import remaining
from django.conf import settings
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from admin_processing.runs import messages
from admin_processing.runs.opening import closed_on
from admin_processing.runs.request import BadRequest, parse
from admin_processing.runs.triggers import Asker, Entry
from market.calendar import configured_calendar
from streaming.publish import Publisher, encode, event
from streaming.redis_client import stream_client

NEW_YORK = ZoneInfo("America/New_York")
TASK = "admin_processing.tasks.start_run"
DAILY = "Daily processing"
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MOST_TRIES = 40


class UnknownSchedule(LookupError):
    """No schedule of that name."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"Unknown schedule {name!r}. There are: {', '.join(known)}")


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; None leaves it. time: `HH:MM` in New York. days: of `DAYS`."""

    enabled: bool | None = None
    time: str | None = None
    days: Sequence[str] | None = None


def schedules(now: datetime) -> list[dict[str, Any]]:
    """All schedules of runs, as the API shows them."""
    tasks = PeriodicTask.objects.filter(task=TASK).select_related("crontab").order_by("name")
    return [told(task, now) for task in tasks]


def told(task: PeriodicTask, now: datetime) -> dict[str, Any]:
    """One schedule; `next_run_at` is the next time that falls on a day with a session."""
    crontab = task.crontab
    asked = json.loads(task.kwargs or "{}")
    following = next_run(task, now)
    return {
        "name": task.name,
        "enabled": task.enabled,
        "time": _time(crontab),
        "days": _days(crontab.day_of_week) if crontab else [],
        "timezone": str(crontab.timezone) if crontab else "",
        "kind": asked.pop("kind", "daily"),
        "parameters": asked,
        "next_run_at": following.isoformat() if following else None,
        "last_run_at": task.last_run_at.isoformat() if task.last_run_at else None,
    }


def next_run(task: PeriodicTask, now: datetime) -> datetime | None:
    """When the schedule next begins a run that does not end at once for want of a session."""
    if not task.enabled or task.crontab is None:
        return None
    schedule, moment = task.crontab.schedule, now
    needs_session = _needs_session(task)
    calendar = configured_calendar()
    for _ in range(MOST_TRIES):
        start, delta, _ = schedule.remaining_delta(moment)
        moment = moment + remaining(start, delta, moment)
        day = moment.astimezone(NEW_YORK).date()
        if not needs_session or not closed_on(day, calendar):
            return moment.replace(second=0, microsecond=0)
        moment += timedelta(minutes=1)
    return None


def change(name: str, wanted: Change) -> PeriodicTask:
    """Set a schedule. Raises UnknownSchedule, BadRequest."""
    with transaction.atomic():
        task = PeriodicTask.objects.filter(task=TASK, name=name).first()
        if task is None:
            known = PeriodicTask.objects.filter(task=TASK).order_by("name")
            raise UnknownSchedule(name, list(known.values_list("name", flat=True)))
        if wanted.enabled is not None:
            task.enabled = wanted.enabled
        if wanted.time is not None or wanted.days is not None:
            task.crontab = _crontab(task.crontab, wanted)
        task.save()
    return task


def announce(task: PeriodicTask, asker: Asker, detail: Mapping[str, Any]) -> None:
    """Say that a schedule is another now: in the audit log, and to whoever listens."""
    Entry(asker, "schedule", {"name": task.name, **detail}).write()
    publisher = Publisher(stream_client(settings.REDIS_URL))
    updated = event("schedule_updated", schedule=told(task, datetime.now(UTC)))
    publisher.send_all([(messages.SCHEDULE, encode(updated))])


def _crontab(now: CrontabSchedule | None, wanted: Change) -> CrontabSchedule:
    if now is None and (wanted.time is None or wanted.days is None):
        raise BadRequest("the schedule is not one of days and times: name both time and days")
    hour, minute = _clock(wanted.time) if wanted.time is not None else _clock_of(now)
    days = _week(wanted.days) if wanted.days is not None else str(now and now.day_of_week)
    fields = {"hour": hour, "minute": minute, "day_of_week": days, "timezone": NEW_YORK}
    every = {"day_of_month": "*", "month_of_year": "*"}
    found = CrontabSchedule.objects.filter(**fields, **every).first()
    return found or CrontabSchedule.objects.create(**fields, **every)


def _clock_of(crontab: CrontabSchedule | None) -> tuple[str, str]:
    return (crontab.hour, crontab.minute) if crontab else ("", "")


def _clock(text: str) -> tuple[str, str]:
    try:
        moment = datetime.strptime(text, "%H:%M")  # noqa: DTZ007 - a time of day, of no day
    except ValueError:
        raise BadRequest(f"time is {text[:20]!r}; a time like 20:30 is needed") from None
    return str(moment.hour), str(moment.minute)


def _week(days: Sequence[str]) -> str:
    for day in days:
        if day not in DAYS:
            raise BadRequest(f"day {day[:20]!r} is unknown; some of {', '.join(DAYS)} are needed")
    if not days:
        raise BadRequest("days is empty; name at least one, or set enabled to false")
    return ",".join(day for day in DAYS if day in days)


def _days(spec: str) -> list[str]:
    """`mon-fri`, `1-5`, `*` or `mon,wed` as names."""
    crontab = CrontabSchedule(day_of_week=spec).schedule
    return [DAYS[number] for number in sorted(crontab.day_of_week)]


def _time(crontab: CrontabSchedule | None) -> str:
    """`20:30`, or the crontab's own words where it is not once a day."""
    if crontab is None:
        return ""
    if crontab.hour.isdigit() and crontab.minute.isdigit():
        return f"{int(crontab.hour):02}:{int(crontab.minute):02}"
    return f"{crontab.minute} {crontab.hour}"


def _needs_session(task: PeriodicTask) -> bool:
    """A schedule of something else, or one with arguments that no run takes, needs none."""
    if task.task != TASK:
        return False
    asked: Mapping[str, Any] = json.loads(task.kwargs or "{}")
    try:
        request = parse({name: value for name, value in asked.items() if name != "kind"})
    except BadRequest:
        return False
    return "import" in request.phases and not request.skip_market_check
