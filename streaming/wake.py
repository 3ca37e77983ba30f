"""Wakes a Celery worker for work that stands in the database, or that is not the caller's own."""

from __future__ import annotations

import logging
from typing import Any

from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

DAILY_TASK = "admin_processing.tasks.detect_daily"


def wake_worker(task: str, **arguments: Any) -> bool:
    """Send a task by its name; False without a broker: it is left to its schedule."""
    try:
        with Celery(broker=settings.CELERY_BROKER_URL, set_as_current=False) as app:
            app.send_task(task, kwargs=arguments, retry=False)
    except OperationalError as error:
        logger.warning("%s was not sent, its schedule will run it: %s", task, type(error).__name__)
        return False
    return True
