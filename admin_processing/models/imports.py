"""What has been imported, and what was not let in."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class ImportCoverage(models.Model):
    """The span of days that a source was asked for and has answered, for one symbol.

    since, through: dates, both included. What lies inside is not asked for again, but for the
    last few days, which the source may still correct.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.TextField()
    timeframe = models.TextField()
    symbol = models.TextField()
    since = models.DateField()
    through = models.DateField()
    checked_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "import_coverage"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "timeframe", "symbol"], name="import_coverage_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.timeframe} {self.symbol} {self.since}–{self.through}"


class ImportedFile(models.Model):
    """A file that was imported whole, as it then was: an unchanged one is not read again.

    part: which of the file's symbols this row is about, as their digest; empty: all of them.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.TextField()
    path = models.TextField()
    part = models.TextField(default="", db_default="")
    size = models.BigIntegerField()
    modified_ns = models.BigIntegerField()
    rows = models.BigIntegerField(default=0, db_default=0)
    imported_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "imported_files"
        constraints = [
            models.UniqueConstraint(fields=["source", "path", "part"], name="imported_files_unique")
        ]

    def __str__(self) -> str:
        return self.path


class RejectedRow(models.Model):
    """A row that was set aside: not stored, not mended, listed with its reason.

    reason: a code of `admin_processing.imports.checks`; detail: the values and the bound. row: as
    the source gave it. resolved_at: when the source's row was found good after all.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.TextField()
    timeframe = models.TextField()
    symbol = models.TextField()
    timestamp = models.DateTimeField()
    reason = models.TextField()
    detail = models.TextField(default="", db_default="")
    row = models.JSONField(default=dict, db_default={})
    run_id = models.UUIDField(null=True)
    first_seen_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "rejected_rows"
        ordering = ("-last_seen_at", "symbol", "timestamp")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "timeframe", "symbol", "timestamp", "reason"],
                name="rejected_rows_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.timestamp:%Y-%m-%d %H:%M}: {self.reason}"
