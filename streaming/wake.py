"""Wakes a Celery worker for work that the stream has found and that is not its own."""

from __future__ import annotations

import logging

from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

DAILY_TASK = "admin_processing.tasks.detect_daily"


def wake_worker(task: str) -> None:
    """Send a task by its name; without a broker it is left to its schedule."""
    try:
        with Celery(broker=settings.CELERY_BROKER_URL, set_as_current=False) as app:
            app.send_task(task, retry=False)
    except OperationalError as error:
        logger.warning("%s was not sent, its schedule will run it: %s", task, type(error).__name__)
