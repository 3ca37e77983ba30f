"""What a stream leaves behind: sessions, gaps, its place in the journal, and the flow log."""

from __future__ import annotations

import uuid

from django.db import models
from timescale.db.models.fields import TimescaleDateTimeField


class StreamingSession(models.Model):
    """One stretch of streaming, opened and closed with the market or by the operator."""

    class Status(models.TextChoices):
        RUNNING = "running"
        STOPPED = "stopped"
        INTERRUPTED = "interrupted"

    session_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    universe = models.TextField()
    source = models.TextField(default="", db_default="")
    symbol_count = models.IntegerField()
    start_time = models.DateTimeField()
    end_time = models.DateTimeField(null=True, blank=True)
    status = models.TextField(choices=Status.choices, default=Status.RUNNING)
    ticks_processed = models.BigIntegerField(default=0, db_default=0)
    bars_written = models.BigIntegerField(default=0, db_default=0)
    patterns_detected = models.BigIntegerField(default=0, db_default=0)
    indicators_calculated = models.BigIntegerField(default=0, db_default=0)
    late_ticks = models.BigIntegerField(default=0, db_default=0)
    dropped_ticks = models.BigIntegerField(default=0, db_default=0)
    error_count = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "streaming_sessions"
        ordering = ("-start_time",)

    def __str__(self) -> str:
        return f"{self.source} {self.start_time:%Y-%m-%d %H:%M} {self.status}"


class FeedGap(models.Model):
    """A stretch in which ticks may have been missed; what a repair later works through."""

    feed = models.TextField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    minutes = models.IntegerField(default=0, db_default=0)
    symbols = models.JSONField(null=True, blank=True)
    cause = models.TextField()
    healed_at = models.DateTimeField(null=True, blank=True)
    healed_how = models.TextField(blank=True, default="", db_default="")

    class Meta:
        db_table = "feed_gaps"
        ordering = ("-started_at",)
        constraints = [
            models.UniqueConstraint(fields=["feed", "started_at"], name="feed_gaps_unique")
        ]

    def __str__(self) -> str:
        return f"{self.feed} from {self.started_at:%Y-%m-%d %H:%M:%S}: {self.cause}"


class StreamPosition(models.Model):
    """Where one shard of a feed's journal stands in the database; saved with its bars.

    `applied_id`: up to here everything is counted in the stored minutes. `resume_id`: the oldest
    entry with a tick of a minute not yet stored. `rewind_id`: where a start reads from, sixteen
    event-minutes earlier. `stored_through` and `analysed_through`: ends of the last minute whose
    bars, and whose indicators and detections, are in the database.
    """

    feed = models.TextField()
    shard = models.IntegerField(default=0)
    epoch = models.TextField()
    source = models.TextField()
    applied_id = models.TextField(default="0-0")
    resume_id = models.TextField(default="0-0")
    rewind_id = models.TextField(default="0-0")
    stored_through = models.DateTimeField(null=True)
    analysed_through = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "stream_positions"
        constraints = [
            models.UniqueConstraint(fields=["feed", "shard"], name="stream_positions_unique")
        ]

    def __str__(self) -> str:
        return f"{self.feed}/{self.shard} at {self.applied_id}"


class IntegrationEvent(models.Model):
    """One stage of one flow: tick → bar → detection → saved → published → delivered."""

    pk = models.CompositePrimaryKey("event_id", "timestamp")
    event_id = models.UUIDField(default=uuid.uuid4)
    timestamp = TimescaleDateTimeField(interval="1 day")
    flow_id = models.TextField()
    stage = models.TextField()
    symbol = models.TextField(default="", db_default="")
    detail = models.JSONField(null=True)

    class Meta:
        db_table = "integration_events"
        indexes = [models.Index(fields=["flow_id"], name="integration_events_flow")]
        constraints = [
            models.UniqueConstraint(
                fields=["event_id", "timestamp"], name="integration_events_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.flow_id} {self.stage}"
