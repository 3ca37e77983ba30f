"""Ended runs and what imports and comparisons noted: kept for a while, then deleted in batches.

The audit log is kept for good: nobody may delete from it. It goes on naming runs that are gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from admin_processing.models import (
    FidelityDifference,
    FidelitySymbol,
    JobCommand,
    ProcessingRun,
    RejectedRow,
)

Status = ProcessingRun.Status
ENDED = (Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.SKIPPED)
ANSWERED = (JobCommand.Status.STARTED, JobCommand.Status.REFUSED)
RUNS_AT_ONCE = 50
"""Each has chunks, failures and a log, which go with it."""
ROWS_AT_ONCE = 10_000


def forget(before: datetime) -> Iterator[tuple[str, int]]:
    """Delete what ended, or was last seen, before that; table and rows, one after the other."""
    yield "processing_runs", _delete(ended_runs(before), RUNS_AT_ONCE)
    for found in (
        JobCommand.objects.filter(status__in=ANSWERED, received_at__lt=before),
        RejectedRow.objects.filter(Q(last_seen_at__lt=before) | Q(resolved_at__lt=before)),
        FidelityDifference.objects.filter(day__lt=before.date()),
        FidelitySymbol.objects.filter(day__lt=before.date()),
    ):
        yield found.model._meta.db_table, _delete(found, ROWS_AT_ONCE)


def ended_runs(before: datetime) -> QuerySet[ProcessingRun]:
    """The runs that ended before that. One that is open is never among them, however old."""
    ended_at = Coalesce("finished_at", "created_at")
    return ProcessingRun.objects.alias(ended_at=ended_at).filter(
        status__in=ENDED, ended_at__lt=before
    )


def _delete(found: QuerySet[Any], at_once: int) -> int:
    """Delete what is found, so many in one transaction; how many."""
    deleted = 0
    while keys := list(found.order_by("pk").values_list("pk", flat=True)[:at_once]):
        found.model._default_manager.filter(pk__in=keys).delete()
        deleted += len(keys)
    return deleted
