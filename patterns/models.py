"""What is stored: indicator values a bar, detections, and events that wait to be published."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from timescale.db.models.fields import TimescaleDateTimeField


class IndicatorSet(models.Model):
    """Names of the values in the arrays of `IndicatorValues`, in their order; never changed."""

    id = models.BigAutoField(primary_key=True)
    names = ArrayField(models.TextField(), unique=True)

    class Meta:
        db_table = "indicator_sets"

    def __str__(self) -> str:
        return ", ".join(self.names)


class IndicatorValues(models.Model):
    """A bar's stored indicators; NaN is one that is warming up.

    One row a bar: a row an indicator would be thirteen times as many.
    """

    pk = models.CompositePrimaryKey("symbol", "timeframe", "timestamp")
    symbol = models.TextField()
    timeframe = models.TextField()
    timestamp = TimescaleDateTimeField(interval="1 day")
    set_id = models.BigIntegerField()
    values = ArrayField(models.FloatField())
    calculation_timestamp = models.DateTimeField()

    class Meta:
        db_table = "intraday_indicator_values"
        constraints = [
            models.UniqueConstraint(
                fields=["symbol", "timeframe", "timestamp"],
                name="intraday_indicator_values_unique",
            )
        ]
        indexes = [BrinIndex(fields=["calculation_timestamp"], name="indicator_values_calculated")]

    def __str__(self) -> str:
        return f"{self.symbol} {self.timeframe} {self.timestamp:%Y-%m-%d %H:%M}"


class IntradayIndicator(models.Model):
    """The contract's view: one row an indicator and bar, without those warming up."""

    pk = models.CompositePrimaryKey("symbol", "indicator_name", "timeframe", "timestamp")
    symbol = models.TextField()
    indicator_name = models.TextField()
    timeframe = models.TextField()
    timestamp = models.DateTimeField()
    value = models.FloatField()
    calculation_timestamp = models.DateTimeField()

    class Meta:
        db_table = "intraday_indicators"
        managed = False

    def __str__(self) -> str:
        return f"{self.symbol} {self.indicator_name} {self.timestamp:%Y-%m-%d %H:%M}"


class IntradayPattern(models.Model):
    """One detection on one bar.

    timestamp: start of the bar that completed it. detection_timestamp: when it was first seen;
    state_timestamp: when its present state was. seq: rises with every change, in the order of
    commits, so that who has seen n asks for what comes after n.
    """

    pk = models.CompositePrimaryKey("symbol", "timestamp", "detection_key")
    symbol = models.TextField()
    timestamp = TimescaleDateTimeField(interval="1 day")
    detection_key = models.TextField()
    detection_id = models.UUIDField()
    pattern_type = models.TextField()
    timeframe = models.TextField()
    tier = models.TextField(default="intraday", db_default="intraday")
    direction = models.TextField()
    confidence = models.FloatField()
    price = models.FloatField(null=True)
    detection_timestamp = models.DateTimeField(db_default=Now())
    state = models.TextField(default="formed", db_default="formed")
    state_timestamp = models.DateTimeField(null=True)
    pattern_data = models.JSONField(default=dict, db_default={})
    seq = models.BigIntegerField(null=True)
    flow_id = models.UUIDField(null=True)

    class Meta:
        db_table = "intraday_patterns"
        constraints = [
            models.UniqueConstraint(
                fields=["symbol", "timestamp", "detection_key"], name="intraday_patterns_unique"
            ),
            models.CheckConstraint(
                condition=Q(confidence__gte=0) & Q(confidence__lte=1),
                name="intraday_patterns_confidence",
            ),
            models.CheckConstraint(
                condition=Q(direction__in=["bullish", "bearish", "neutral"]),
                name="intraday_patterns_direction",
            ),
        ]
        indexes = [
            models.Index(fields=["seq"], name="intraday_patterns_by_seq"),
            models.Index(fields=["detection_timestamp"], name="intraday_patterns_detected"),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.detection_key} {self.timestamp:%Y-%m-%d %H:%M}"


class OutboxEvent(models.Model):
    """An event that is committed and not yet published; deleted once it is."""

    id = models.BigAutoField(primary_key=True)
    channel = models.TextField()
    event = models.TextField()
    created = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "event_outbox"

    def __str__(self) -> str:
        return f"{self.id} {self.channel}"


class DetectorSetting(models.Model):
    """What operators have set for one detector; without a row it is as it was written.

    parameters: those alone that differ. A detector that is switched off keeps its row.
    """

    pattern_type = models.TextField(primary_key=True)
    enabled = models.BooleanField(default=True, db_default=True)
    parameters = models.JSONField(default=dict, db_default={}, blank=True)
    changed_at = models.DateTimeField(auto_now=True, db_default=Now())
    changed_by = models.TextField(default="", db_default="", blank=True)

    class Meta:
        db_table = "detector_settings"
        verbose_name = "detector setting"
        verbose_name_plural = "detectors"

    def __str__(self) -> str:
        return self.pattern_type
