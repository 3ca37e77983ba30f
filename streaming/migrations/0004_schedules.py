from typing import Any

from django.db import migrations

NAME = "Drop what is older than its retention"
TASK = "admin_processing.tasks.drop_old_data"


def schedule(apps: Any, editor: Any) -> None:
    """Every night, before the market wakes; operators may edit or disable it in the admin."""
    crontab = apps.get_model("django_celery_beat", "CrontabSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    at_night = {"minute": "30", "hour": "2", "timezone": "America/New_York"}
    night = crontab.filter(**at_night).first() or crontab.create(**at_night)
    tasks.get_or_create(name=NAME, defaults={"task": TASK, "crontab": night, "expires": None})


def unschedule(apps: Any, editor: Any) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    """The schedules that TickStock comes with."""

    dependencies = [
        ("streaming", "0003_retention"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunPython(schedule, unschedule)]
