from typing import Any

from django.db import migrations

NAME = "Find patterns in daily bars"
TASK = "admin_processing.tasks.detect_daily"


def schedule(apps: Any, editor: Any) -> None:
    """After the day's last trades; on a holiday nothing is new, so nothing is written."""
    crontab = apps.get_model("django_celery_beat", "CrontabSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    in_the_evening = {
        "minute": "30",
        "hour": "20",
        "day_of_week": "mon-fri",
        "timezone": "America/New_York",
    }
    evening = crontab.filter(**in_the_evening).first() or crontab.create(**in_the_evening)
    tasks.get_or_create(name=NAME, defaults={"task": TASK, "crontab": evening, "expires": None})


def unschedule(apps: Any, editor: Any) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    """The daily run's schedule, which operators may edit or disable in the admin."""

    dependencies = [
        ("streaming", "0005_retention_of_all_tiers"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunPython(schedule, unschedule)]
