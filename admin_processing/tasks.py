"""Celery tasks: thin, for the work is in functions elsewhere."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.db import OperationalError
from django.utils import timezone

from admin_processing.retention.nightly import drop_by_settings
from admin_processing.runs import triggers, wake
from admin_processing.runs.request import parse
from admin_processing.runs.triggers import Asker, RunUnderWay
from admin_processing.runs.worker import work_through

log = logging.getLogger(__name__)

TURN_SECS = 20.0
"""After so long other tasks get their turn."""


@shared_task(autoretry_for=(OperationalError,), retry_backoff=60, max_retries=5)
def drop_old_data() -> None:
    """Every night: what is older than the settings RETENTION_… say."""
    for done in drop_by_settings(timezone.now()):
        log.info("retention: %s", done)


@shared_task
def work_on_runs() -> None:
    """Work on the run that stands in the database, for a while."""
    if work_through(TURN_SECS, wake.workers):
        wake.workers()


@shared_task
def start_run(kind: str = "daily", **asked: Any) -> None:
    """A schedule's run; where another is under way, the audit log says that this one was not."""
    asker = Asker("schedule", "beat")
    try:
        triggers.trigger(parse(asked), kind, asker, action="schedule")
    except RunUnderWay as error:
        log.warning("%s run not started: %s", kind, error)


@shared_task(bind=True, max_retries=30)
def detect_daily(self: Any) -> None:
    """The synthetic market's past has just been stored: its indicators and patterns."""
    try:
        triggers.trigger(
            parse({"phases": ["indicators", "patterns"]}), "detect", Asker("stream", "stream")
        )
    except RunUnderWay as error:
        raise self.retry(exc=error, countdown=20) from None


@worker_ready.connect(dispatch_uid="tickstock.runs")
def _take_up(**_: Any) -> None:
    """What stood in the database while no worker was there."""
    wake.workers()
