"""How own minute bars compare with the provider's, day by day."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class FidelityDay(models.Model):
    """One day of one source's minute bars, held against the provider's.

    score: equal bars and those whose difference a rule explains, as a share of all; null where
    there was nothing to compare.
    """

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    source = models.TextField()
    symbols = models.IntegerField(default=0, db_default=0)
    bars = models.BigIntegerField(default=0, db_default=0)
    equal = models.BigIntegerField(default=0, db_default=0)
    explained = models.BigIntegerField(default=0, db_default=0)
    unexplained = models.BigIntegerField(default=0, db_default=0)
    corrected = models.BigIntegerField(default=0, db_default=0)
    score = models.FloatField(null=True)
    by_rule = models.JSONField(default=dict, db_default={})
    run_id = models.UUIDField(null=True)
    compared_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "fidelity_days"
        ordering = ("-day",)
        constraints = [
            models.UniqueConstraint(fields=["day", "source"], name="fidelity_days_unique")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.source}"


class FidelitySymbol(models.Model):
    """One symbol's part of a day's comparison: the day's figures are the sums of these."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    source = models.TextField()
    symbol = models.TextField()
    bars = models.IntegerField(default=0, db_default=0)
    equal = models.IntegerField(default=0, db_default=0)
    explained = models.IntegerField(default=0, db_default=0)
    unexplained = models.IntegerField(default=0, db_default=0)
    corrected = models.IntegerField(default=0, db_default=0)
    by_rule = models.JSONField(default=dict, db_default={})
    compared_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "fidelity_symbols"
        constraints = [
            models.UniqueConstraint(
                fields=["day", "source", "symbol"], name="fidelity_symbols_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.source} {self.symbol}"


class FidelityDifference(models.Model):
    """A minute in which own and provider's bar differ.

    ours, theirs: the bars' values, null where there is none. rule: the one that explains it;
    empty: none does. corrected: whether the provider's bar was taken over.
    """

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    source = models.TextField()
    symbol = models.TextField()
    timestamp = models.DateTimeField()
    ours = models.JSONField(null=True)
    theirs = models.JSONField(null=True)
    rule = models.TextField(default="", db_default="", blank=True)
    corrected = models.BooleanField(default=False, db_default=False)
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "fidelity_differences"
        ordering = ("-timestamp", "symbol")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "symbol", "timestamp"], name="fidelity_differences_unique"
            )
        ]
        indexes = [models.Index(fields=["day", "rule"], name="fidelity_differences_by_day")]

    def __str__(self) -> str:
        return f"{self.symbol} {self.timestamp:%Y-%m-%d %H:%M} {self.rule or 'unexplained'}"
