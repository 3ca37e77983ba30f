"""Symbols and the named sets of them."""

from __future__ import annotations

from django.db import models


class Symbol(models.Model):
    """One tradable instrument."""

    symbol = models.TextField(primary_key=True)
    name = models.TextField(blank=True, default="", db_default="")
    asset_type = models.TextField(default="stock", db_default="stock")
    exchange = models.TextField(blank=True, default="", db_default="")
    sector = models.TextField(blank=True, default="", db_default="")
    industry = models.TextField(blank=True, default="", db_default="")
    active = models.BooleanField(default=True, db_default=True)

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
