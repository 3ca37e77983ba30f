"""A run, the chunks that workers claim, what failed, and what was said meanwhile."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class ProcessingRun(models.Model):
    """One recorded execution of the pipeline or a part of it.

    The web may insert one with these columns alone: run_id, kind, triggered_by, parameters; that
    makes it queued. At most one is queued, running or being cancelled: a unique index says so.

    parameters: what was asked for (`admin_processing.runs.request`). counts: by phase, what was
    done: total, done, failed, rows, started_at, finished_at. note: why it had nothing to do.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        CANCELLING = "cancelling"
        COMPLETED = "completed"
        FAILED = "failed"
        CANCELLED = "cancelled"
        SKIPPED = "skipped"

    run_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.TextField()
    phase = models.TextField(default="", db_default="", blank=True)
    status = models.TextField(
        choices=Status.choices, default=Status.QUEUED, db_default=Status.QUEUED
    )
    triggered_by = models.TextField(default="", db_default="", blank=True)
    parameters = models.JSONField(default=dict, db_default={}, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict, db_default={}, blank=True)
    note = models.TextField(default="", db_default="", blank=True)
    error = models.TextField(default="", db_default="", blank=True)
    job_id = models.TextField(null=True, unique=True, blank=True)

    class Meta:
        db_table = "processing_runs"
        ordering = ("-created_at",)
        indexes = [models.Index(fields=["-created_at"], name="processing_runs_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d %H:%M} {self.status}"


class ProcessingChunk(models.Model):
    """A piece of one phase, claimed by one worker at a time under a lease.

    stage: chunks of a stage begin when those of the earlier ones are done. payload: what the
    phase needs to know. total, done and failed are units, mostly symbols; rows is what it wrote.
    """

    class Status(models.TextChoices):
        WAITING = "waiting"
        WORKING = "working"
        DONE = "done"

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(
        ProcessingRun, models.CASCADE, db_column="run_id", related_name="chunks"
    )
    phase = models.TextField()
    stage = models.IntegerField(default=0, db_default=0)
    position = models.IntegerField()
    payload = models.JSONField(default=dict, db_default={})
    status = models.TextField(
        choices=Status.choices, default=Status.WAITING, db_default=Status.WAITING
    )
    total = models.IntegerField(default=0, db_default=0)
    done = models.IntegerField(default=0, db_default=0)
    failed = models.IntegerField(default=0, db_default=0)
    rows = models.BigIntegerField(default=0, db_default=0)
    holder = models.TextField(default="", db_default="")
    lease_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0, db_default=0)
    error = models.TextField(default="", db_default="")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "processing_chunks"
        ordering = ("run", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "phase", "stage", "position"], name="processing_chunks_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.phase} {self.position} {self.status}"


class ProcessingFailure(models.Model):
    """A symbol (or other unit) that a phase could not do; what a retry works through.

    unit: what the phase needs to try it again. next_attempt_at: when it is tried again by itself;
    null once that was given up, and it waits for `retry-imports`.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(
        ProcessingRun, models.CASCADE, db_column="run_id", related_name="failures"
    )
    phase = models.TextField()
    symbol = models.TextField()
    error = models.TextField()
    attempts = models.IntegerField(default=1, db_default=1)
    unit = models.JSONField(default=dict, db_default={})
    first_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "processing_failures"
        ordering = ("-last_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["run", "phase", "symbol"], name="processing_failures_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.phase} {self.symbol}: {self.error}"


class ProcessingLog(models.Model):
    """A line of a run's log."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(ProcessingRun, models.CASCADE, db_column="run_id", related_name="log")
    timestamp = models.DateTimeField(db_default=Now())
    level = models.TextField(default="info", db_default="info")
    phase = models.TextField(default="", db_default="")
    message = models.TextField()

    class Meta:
        db_table = "processing_log"
        ordering = ("run", "id")

    def __str__(self) -> str:
        return self.message


class JobCommand(models.Model):
    """A job command that another program sent over Redis; done once for each `job_id`."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        STARTED = "started"
        REFUSED = "refused"

    job_id = models.TextField(primary_key=True)
    command = models.JSONField()
    received_at = models.DateTimeField(db_default=Now())
    status = models.TextField(
        choices=Status.choices, default=Status.WAITING, db_default=Status.WAITING
    )
    run_id = models.UUIDField(null=True)
    error = models.TextField(default="", db_default="")

    class Meta:
        db_table = "processing_jobs"
        ordering = ("-received_at",)

    def __str__(self) -> str:
        return f"{self.job_id} {self.status}"
