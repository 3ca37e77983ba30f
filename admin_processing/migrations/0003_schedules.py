import json
from typing import Any

from django.db import migrations

TASK = "admin_processing.tasks.start_run"
DAILY = "Daily processing"
NIGHTLY = "Gaps healed, bars held against the provider's"
BEFORE = "Find patterns in daily bars"


def crontab(apps: Any, hour: str, minute: str, days: str) -> Any:
    model = apps.get_model("django_celery_beat", "CrontabSchedule").objects
    fields = {"hour": hour, "minute": minute, "day_of_week": days, "timezone": "America/New_York"}
    return model.filter(**fields).first() or model.create(**fields)


def schedule(apps: Any, editor: Any) -> None:
    """The evening's run takes the place of the detection alone, at the time that was set for it."""
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    tasks.filter(name=BEFORE).update(name=DAILY, task=TASK, kwargs=json.dumps({"kind": "daily"}))
    nightly = {"kind": "night", "phases": ["heal", "reconcile"]}
    tasks.get_or_create(
        name=NIGHTLY,
        defaults={
            "task": TASK,
            "kwargs": json.dumps(nightly),
            "crontab": crontab(apps, "1", "15", "tue,wed,thu,fri,sat"),
        },
    )


def unschedule(apps: Any, editor: Any) -> None:
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    tasks.filter(name=NIGHTLY).delete()
    tasks.filter(name=DAILY).update(
        name=BEFORE, task="admin_processing.tasks.detect_daily", kwargs="{}"
    )


class Migration(migrations.Migration):
    """The schedules of runs; operators may edit or disable them."""

    dependencies = [
        ("admin_processing", "0002_one_run_and_grants"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("streaming", "0006_daily_schedule"),
    ]

    operations = [migrations.RunPython(schedule, unschedule)]
