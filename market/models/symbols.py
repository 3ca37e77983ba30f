"""Symbols and the named sets of them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Symbol(models.Model):
    """One tradable instrument."""

    symbol = models.TextField(primary_key=True)
    name = models.TextField(blank=True, default="", db_default="")
    asset_type = models.TextField(default="stock", db_default="stock")
    exchange = models.TextField(blank=True, default="", db_default="")
    sector = models.TextField(blank=True, default="", db_default="")
    industry = models.TextField(blank=True, default="", db_default="")
    active = models.BooleanField(default=True, db_default=True)
    currency = models.TextField(blank=True, default="", db_default="")
    listed_on = models.DateField(null=True, blank=True)
    delisted_on = models.DateField(null=True, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "symbols"
        ordering = ("symbol",)

    def __str__(self) -> str:
        return self.symbol


class Universe(models.Model):
    """A named set of symbols; keys look like `market_leaders:top_500`."""

    key = models.TextField(primary_key=True)
    name = models.TextField(blank=True, default="", db_default="")

    class Meta:
        db_table = "universes"
        ordering = ("key",)

    def __str__(self) -> str:
        return self.key


class UniverseMember(models.Model):
    """One symbol's place in a universe; rank 1 leads."""

    universe = models.ForeignKey(
        Universe, models.CASCADE, db_column="universe", related_name="members"
    )
    symbol = models.ForeignKey(Symbol, models.CASCADE, db_column="symbol")
    rank = models.IntegerField(default=0, db_default=0)

    class Meta:
        db_table = "universe_members"
        ordering = ("universe", "rank")
        constraints = [
            models.UniqueConstraint(fields=["universe", "symbol"], name="universe_members_unique")
        ]

    def __str__(self) -> str:
        return f"{self.universe_id}/{self.symbol_id}"


class Membership(models.Model):
    """A stretch in which a symbol was, or is, in a universe: from `since` until before `until`."""

    universe = models.TextField()
    symbol = models.TextField()
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    source = models.TextField(blank=True, default="", db_default="")

    class Meta:
        db_table = "universe_history"
        ordering = ("universe", "symbol", "since")
        constraints = [
            models.UniqueConstraint(
                fields=["universe", "symbol", "since"], name="universe_history_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(until__isnull=True) | models.Q(until__gte=models.F("since")),
                name="universe_history_span",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.universe}/{self.symbol} {self.since}–{self.until or ''}"


class Split(models.Model):
    """A split of a symbol's shares: `split_from` old ones became `split_to` new ones.

    Bars are stored as traded; those before `execution_date` are adjusted where they are read.
    """

    pk = models.CompositePrimaryKey("symbol", "execution_date")
    symbol = models.TextField()
    execution_date = models.DateField()
    split_from = models.FloatField()
    split_to = models.FloatField()

    class Meta:
        db_table = "splits"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(split_from__gt=0) & models.Q(split_to__gt=0),
                name="splits_positive",
            )
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.split_to:g} for {self.split_from:g} on {self.execution_date}"


class Dividend(models.Model):
    """A cash dividend of one share, in the traded currency: bars before `ex_date` still hold it."""

    symbol = models.TextField()
    ex_date = models.DateField()
    cash_amount = models.FloatField()
    kind = models.TextField(default="", db_default="", blank=True)
    pay_date = models.DateField(null=True, blank=True)
    currency = models.TextField(default="", db_default="", blank=True)

    class Meta:
        db_table = "dividends"
        ordering = ("symbol", "ex_date")
        constraints = [
            models.UniqueConstraint(
                fields=["symbol", "ex_date", "kind", "cash_amount"], name="dividends_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(cash_amount__gt=0), name="dividends_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.cash_amount:g} on {self.ex_date}"


class AdjustedHistory(models.Model):
    """Bars that came adjusted already: those of these days, for all that happened up to the last.

    A split or dividend of `[first_day, last_day]` is not applied to them once more; a later one
    is. Declared by the import that stored them.
    """

    symbol = models.TextField()
    timeframe = models.TextField()
    first_day = models.DateField()
    last_day = models.DateField()
    source = models.TextField()
    declared_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "adjusted_history"
        constraints = [
            models.UniqueConstraint(fields=["symbol", "timeframe"], name="adjusted_history_unique")
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.timeframe} {self.first_day}–{self.last_day}"
