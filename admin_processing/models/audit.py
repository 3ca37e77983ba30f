"""Who asked for what: written once, never changed."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class AuditEntry(models.Model):
    """One trigger, cancel, retry or change of a schedule.

    who: a user's name, or `schedule`, or `jobs` for a command over Redis. source: the address it
    came from (an IP address, `beat`, or a Redis channel). outcome: `accepted` or why it was not.
    """

    id = models.BigAutoField(primary_key=True)
    timestamp = models.DateTimeField(db_default=Now())
    who = models.TextField()
    action = models.TextField()
    source = models.TextField(default="", db_default="")
    detail = models.JSONField(default=dict, db_default={})
    outcome = models.TextField(default="accepted", db_default="accepted")
    run_id = models.UUIDField(null=True)

    class Meta:
        db_table = "processing_audit"
        ordering = ("-timestamp",)
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.timestamp:%Y-%m-%d %H:%M:%S} {self.who}: {self.action}"
