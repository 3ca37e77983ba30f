"""All that goes by the settings RETENTION_…, in one go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings

from admin_processing.retention.minutes import drop_minutes
from admin_processing.retention.runs import forget
from admin_processing.retention.tables import has_policies, keep_to, retention_days


def drop_by_settings(now: datetime) -> Iterator[str]:
    """Drop what is older than its setting says; a line for the log after each step.

    Minute bars come last: where one of their days can not be rolled up, all else is done.
    """
    yield from keep_to(retention_days(), now, policies=has_policies())
    if settings.RETENTION_RUNS_DAYS:
        for table, gone in forget(now - timedelta(days=settings.RETENTION_RUNS_DAYS)):
            yield f"{table}: {gone} deleted"
    if settings.RETENTION_BARS_DAYS:
        kept = settings.RETENTION_ROLLED_DAYS
        rolled_since = now - timedelta(days=kept) if kept else None
        before = now - timedelta(days=settings.RETENTION_BARS_DAYS)
        for day in drop_minutes(before, rolled_since):
            made = f"{day.rolled} longer bars made or mended"
            yield f"ohlcv_1min: {day.start:%Y-%m-%d}: {made}, {day.dropped} dropped"
