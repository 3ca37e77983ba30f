"""Bars: open, high, low, close and volume over `[timestamp, timestamp + length)`."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from timescale.db.models.fields import TimescaleDateTimeField


def bar_rules(table: str) -> list[models.BaseConstraint]:
    """What every stored bar obeys, and its key."""
    return [
        models.UniqueConstraint(fields=["symbol", "timestamp"], name=f"{table}_unique"),
        models.CheckConstraint(
            condition=Q(low__lte=F("open"))
            & Q(low__lte=F("close"))
            & Q(high__gte=F("open"))
            & Q(high__gte=F("close")),
            name=f"{table}_range",
        ),
        models.CheckConstraint(condition=Q(volume__gte=0), name=f"{table}_volume"),
    ]


class Bar(models.Model):
    """What minute and daily bars share. Prices in the traded currency, volume in shares."""

    symbol = models.TextField()
    open = models.FloatField()
    high = models.FloatField()
    low = models.FloatField()
    close = models.FloatField()
    volume = models.FloatField()
    vwap = models.FloatField(null=True)
    trade_count = models.IntegerField(default=0, db_default=0)
    is_partial = models.BooleanField(default=False, db_default=False)
    revision = models.IntegerField(default=0, db_default=0)
    source = models.TextField(default="", db_default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.symbol} {self.timestamp:%Y-%m-%d %H:%M}"  # type: ignore[attr-defined]


class MinuteBar(Bar):
    """One minute of one symbol; `timestamp` is the minute's start."""

    pk = models.CompositePrimaryKey("symbol", "timestamp")
    timestamp = TimescaleDateTimeField(interval="1 day")

    class Meta:
        db_table = "ohlcv_1min"
        constraints = bar_rules("ohlcv_1min")


class DailyBar(Bar):
    """One session of one symbol; `timestamp` is 00:00 UTC of the session's date."""

    pk = models.CompositePrimaryKey("symbol", "timestamp")
    timestamp = TimescaleDateTimeField(interval="1 year")

    class Meta:
        db_table = "ohlcv_daily"
        constraints = bar_rules("ohlcv_daily")


class RolledBar(models.Model):
    """Five minutes to an hour of one symbol, added up from its minute bars when they closed.

    A cache: a start of the stream reads the last few hundred of each timeframe, which would be
    tens of thousands of minute bars a symbol. Where the minutes have been dropped, what is left of
    them: then it is complete, and minutes (how many it was made of), trade_count and revision are
    known, which are null before.
    """

    pk = models.CompositePrimaryKey("symbol", "timeframe", "timestamp")
    symbol = models.TextField()
    timeframe = models.TextField()
    timestamp = TimescaleDateTimeField(interval="7 days")
    open = models.FloatField()
    high = models.FloatField()
    low = models.FloatField()
    close = models.FloatField()
    volume = models.FloatField()
    vwap = models.FloatField(null=True)
    is_partial = models.BooleanField(default=False, db_default=False)
    minutes = models.SmallIntegerField(null=True)
    trade_count = models.BigIntegerField(null=True)
    revision = models.IntegerField(null=True)

    class Meta:
        db_table = "ohlcv_rolled"
        constraints = [
            models.UniqueConstraint(
                fields=["symbol", "timeframe", "timestamp"], name="ohlcv_rolled_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.timeframe} {self.timestamp:%Y-%m-%d %H:%M}"
