"""Celery tasks: thin, for the work is in functions elsewhere."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from admin_processing import daily, retention

log = logging.getLogger(__name__)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=60, max_retries=5)
def drop_old_data() -> None:
    """Every night: what is older than the settings RETENTION_… say."""
    gone = retention.drop_old(retention.retention_days(), timezone.now())
    for table, count in gone.items():
        log.info("retention: %s: %d dropped", table, count)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=60, max_retries=5)
def detect_daily(
    symbols: list[str] | None = None, universe: str | None = None, days: int | None = None
) -> None:
    """Every evening of a trading day: what the daily bars show."""
    done = daily.detect(symbols, universe, days)
    log.info("daily: %d symbols, %d formed, %d went on", done.symbols, done.formed, done.lives)
