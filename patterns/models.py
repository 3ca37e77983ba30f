"""What is stored: indicator values a bar, detections, and events that wait to be published."""

from __future__ import annotations

from datetime import datetime

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


class StoredIndicators(models.Model):
    """A bar's stored indicators; NaN is one that is warming up.

    One row a bar: a row an indicator would be thirteen times as many.
    """

    symbol = models.TextField()
    timeframe = models.TextField()
    set_id = models.BigIntegerField()
    values = ArrayField(models.FloatField())
    calculation_timestamp = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        moment: datetime = self.timestamp  # type: ignore[attr-defined]
        return f"{self.symbol} {self.timeframe} {moment:%Y-%m-%d %H:%M}"


class IndicatorValues(StoredIndicators):
    """Those of bars of a minute to an hour."""

    pk = models.CompositePrimaryKey("symbol", "timeframe", "timestamp")
    timestamp = TimescaleDateTimeField(interval="1 day")

    class Meta:
        db_table = "intraday_indicator_values"
        constraints = [
            models.UniqueConstraint(
                fields=["symbol", "timeframe", "timestamp"],
                name="intraday_indicator_values_unique",
            )
        ]
        indexes = [BrinIndex(fields=["calculation_timestamp"], name="indicator_values_calculated")]


class DailyIndicatorValues(StoredIndicators):
    """Those of daily bars."""

    pk = models.CompositePrimaryKey("symbol", "timeframe", "timestamp")
    timestamp = TimescaleDateTimeField(interval="1 year")

    class Meta:
        db_table = "daily_indicator_values"
        constraints = [
            models.UniqueConstraint(
                fields=["symbol", "timeframe", "timestamp"], name="daily_indicator_values_unique"
            )
        ]


class ShownIndicator(models.Model):
    """The contract's views: one row an indicator and bar, without those warming up."""

    symbol = models.TextField()
    indicator_name = models.TextField()
    timeframe = models.TextField()
    timestamp = models.DateTimeField()
    value = models.FloatField()
    calculation_timestamp = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.symbol} {self.indicator_name} {self.timestamp:%Y-%m-%d %H:%M}"


class IntradayIndicator(ShownIndicator):
    """Those of bars of a minute to an hour."""

    pk = models.CompositePrimaryKey("symbol", "indicator_name", "timeframe", "timestamp")

    class Meta:
        db_table = "intraday_indicators"
        managed = False


class DailyIndicator(ShownIndicator):
    """Those of daily bars."""

    pk = models.CompositePrimaryKey("symbol", "indicator_name", "timeframe", "timestamp")

    class Meta:
        db_table = "daily_indicators"
        managed = False


class StoredDetection(models.Model):
    """One detection on one bar: what the three tiers share.

    timestamp: start of the bar that completed it. detection_timestamp: when it was first seen;
    state_timestamp: when its present state was. seq: rises with every change, in the order of
    commits, over all tiers, so that who has seen n asks for what comes after n.
    life: its states after the first, `[[state, bar's start in ms], …]`; null while there is none.
    """

    symbol = models.TextField()
    detection_key = models.TextField()
    detection_id = models.UUIDField()
    pattern_type = models.TextField()
    timeframe = models.TextField()
    tier = models.TextField()
    direction = models.TextField()
    confidence = models.FloatField()
    price = models.FloatField(null=True)
    detection_timestamp = models.DateTimeField(db_default=Now())
    state = models.TextField(default="formed", db_default="formed")
    state_timestamp = models.DateTimeField(null=True)
    pattern_data = models.JSONField(default=dict, db_default={})
    seq = models.BigIntegerField(null=True)
    flow_id = models.UUIDField(null=True)
    life = models.JSONField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        moment: datetime = self.timestamp  # type: ignore[attr-defined]
        return f"{self.symbol} {self.detection_key} {moment:%Y-%m-%d %H:%M}"


def detection_rules(table: str) -> list[models.BaseConstraint]:
    """What every stored detection obeys, and its key."""
    return [
        models.UniqueConstraint(
            fields=["symbol", "timestamp", "detection_key"], name=f"{table}_unique"
        ),
        models.CheckConstraint(
            condition=Q(confidence__gte=0) & Q(confidence__lte=1), name=f"{table}_confidence"
        ),
        models.CheckConstraint(
            condition=Q(direction__in=["bullish", "bearish", "neutral"]),
            name=f"{table}_direction",
        ),
    ]


def detection_indexes(table: str) -> list[models.Index]:
    """By `seq`, for readers that catch up, and by when it was seen."""
    return [
        models.Index(fields=["seq"], name=f"{table}_by_seq"),
        models.Index(fields=["detection_timestamp"], name=f"{table}_detected"),
    ]


class IntradayPattern(StoredDetection):
    """A detection on a bar of a minute to an hour."""

    pk = models.CompositePrimaryKey("symbol", "timestamp", "detection_key")
    timestamp = TimescaleDateTimeField(interval="1 day")
    tier = models.TextField(default="intraday", db_default="intraday")

    class Meta:
        db_table = "intraday_patterns"
        constraints = detection_rules("intraday_patterns")
        indexes = detection_indexes("intraday_patterns")


class DailyPattern(StoredDetection):
    """A detection on a daily bar; `timestamp` is 00:00 UTC of its session's date."""

    pk = models.CompositePrimaryKey("symbol", "timestamp", "detection_key")
    timestamp = TimescaleDateTimeField(interval="1 year")
    tier = models.TextField(default="daily", db_default="daily")

    class Meta:
        db_table = "daily_patterns"
        constraints = detection_rules("daily_patterns")
        indexes = detection_indexes("daily_patterns")


class ComboPattern(StoredDetection):
    """What a combo rule joined; its legs, each a detection of its own, are in `pattern_data`."""

    pk = models.CompositePrimaryKey("symbol", "timestamp", "detection_key")
    timestamp = TimescaleDateTimeField(interval="30 days")
    tier = models.TextField(default="combo", db_default="combo")

    class Meta:
        db_table = "combo_patterns"
        constraints = detection_rules("combo_patterns")
        indexes = detection_indexes("combo_patterns")


class DailyAnalysis(models.Model):
    """How far a symbol's daily bars have been analysed, for one part of the work.

    part: `indicators` or `patterns`. through: start of the last bar that was. stale_since: start
    of the first bar that was changed or added afterwards; null while there is none.
    """

    symbol = models.TextField()
    part = models.TextField()
    through = models.DateTimeField()
    stale_since = models.DateTimeField(null=True)

    class Meta:
        db_table = "daily_analyses"
        constraints = [
            models.UniqueConstraint(fields=["symbol", "part"], name="daily_analyses_unique")
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.part} through {self.through:%Y-%m-%d}"


class MinuteRevision(models.Model):
    """A symbol whose stored minute bars were changed by others than the stream.

    stale_since: the first bar whose indicators and detections do not follow from the stored bars
    any more; null once they do. changed_at: when bars were last changed.
    """

    symbol = models.TextField(unique=True)
    stale_since = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "minute_revisions"

    def __str__(self) -> str:
        return f"{self.symbol} since {self.stale_since}"


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


class ComboRule(models.Model):
    """A rule that joins detections of several timeframes on one symbol (`patterns.combos`).

    legs: a list, each `{timeframe, pattern_types, direction, states, within_minutes}`; the last
    one is the trigger (`patterns.combo_rules`). changed_at, changed_by: when an administrator has
    last saved it, and who.
    """

    key = models.SlugField(primary_key=True, max_length=60)
    title = models.CharField(max_length=100)
    enabled = models.BooleanField(default=True, db_default=True)
    direction = models.CharField(max_length=8)
    legs = models.JSONField()
    cool_down_minutes = models.PositiveIntegerField(default=390, db_default=390)
    min_confidence = models.FloatField(default=0.5, db_default=0.5)
    changed_at = models.DateTimeField(db_default=Now())
    changed_by = models.TextField(blank=True, default="", db_default="")

    class Meta:
        db_table = "combo_rules"
        ordering = ("key",)

    def __str__(self) -> str:
        return self.title
