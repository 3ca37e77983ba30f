"""Runs, phase by phase, what failed in them, and the commands that asked for them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from admin_processing.admin.open_filter import Open
from admin_processing.admin.read_only import LongTable, ReadOnly, figure, moment, told
from admin_processing.badges import badge
from admin_processing.models import (
    AuditEntry,
    JobCommand,
    ProcessingFailure,
    ProcessingRun,
)
from admin_processing.run_words import lasted, phase_rows, summary

SHOWN = 200
"""Failures, chunks and log lines on a run's page, the newest; the rest is a link away."""
OVER = ("completed", "failed", "cancelled", "skipped")


def run_link(run_id: Any) -> str:
    """The page of a run, by its short name."""
    if run_id is None:
        return "–"
    page = reverse("admin:admin_processing_processingrun_change", args=[run_id])
    return format_html('<a href="{}">{}</a>', page, str(run_id)[:8])


@admin.register(ProcessingRun)
class ProcessingRunAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("when", "kind", "state", "phase", "triggered_by", "duration", "told_did")
    list_filter = ("status", "kind")
    search_fields = ("=run_id", "triggered_by", "note", "error")
    search_help_text = "A run's id, who asked for it, or words of its note"
    date_hierarchy = "created_at"

    @admin.display(description="asked for", ordering="created_at")
    def when(self, run: ProcessingRun) -> str:
        """When it was asked for."""
        return moment(run.created_at)

    @admin.display(description="status", ordering="status")
    def state(self, run: ProcessingRun) -> str:
        """The status as a badge."""
        return badge(run.status)

    @admin.display(description="took")
    def duration(self, run: ProcessingRun) -> str:
        """How long, so far if it goes on."""
        return lasted(run.started_at, run.finished_at, timezone.now()) or "–"

    @admin.display(description="what was done")
    def told_did(self, run: ProcessingRun) -> str:
        """Counts in a line, or why there are none."""
        return summary(run.counts) or run.note or run.error or "–"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One run: phases, parameters, failures, chunks, log."""
        run = self.get_object(request, object_id)
        looked_at = request.method in ("GET", "HEAD") and self.has_view_permission(request, run)
        if run is None or not looked_at:
            return super().change_view(request, object_id, form_url, extra_context)
        context = self.admin_site.each_context(request) | run_context(run)
        context |= {"opts": self.opts, "title": f"{run.kind} run"} | (extra_context or {})
        return render(request, "admin_processing/run.html", context)


def run_context(run: ProcessingRun) -> dict[str, Any]:
    """What a run's page shows."""
    now = timezone.now()
    failures, chunks, log = run.failures.all(), run.chunks.all(), run.log.order_by("-id")
    return {
        "run": run,
        "phases": phase_rows(run.counts, run.parameters, now, run.status in OVER),
        "took": lasted(run.started_at, run.finished_at, now),
        "parameters": sorted(run.parameters.items()),
        "failures": failures[:SHOWN],
        "failure_count": failures.count(),
        "chunks": chunks.order_by("-id")[:SHOWN],
        "chunk_count": chunks.count(),
        "log": list(log[:SHOWN])[::-1],
        "log_count": log.count(),
        "shown": SHOWN,
    }


@admin.register(ProcessingFailure)
class ProcessingFailureAdmin(LongTable, admin.ModelAdmin):
    list_display = (
        "last",
        "symbol",
        "phase",
        told("error"),
        figure("attempts"),
        "state",
        "of_run",
    )
    list_filter = ("phase", ("resolved_at", Open))
    search_fields = ("=symbol",)
    search_help_text = "A symbol"
    list_select_related = ("run",)

    @admin.display(description="last tried", ordering="last_at")
    def last(self, failure: ProcessingFailure) -> str:
        """When it was last tried."""
        return moment(failure.last_at)

    @admin.display(description="state", ordering="resolved_at")
    def state(self, failure: ProcessingFailure) -> str:
        """Settled, tried again by itself, or waiting for a retry by hand."""
        if failure.resolved_at:
            return badge("resolved")
        return badge("retrying" if failure.next_attempt_at else "open")

    @admin.display(description="run")
    def of_run(self, failure: ProcessingFailure) -> str:
        """The run that it was in."""
        return run_link(failure.run_id)


@admin.register(JobCommand)
class JobCommandAdmin(LongTable, admin.ModelAdmin):
    list_display = ("received", "job_id", "state", "of_run", told("error"))
    list_filter = ("status",)
    search_fields = ("=job_id",)
    search_help_text = "A job's id"

    @admin.display(description="received", ordering="received_at")
    def received(self, command: JobCommand) -> str:
        """When it came."""
        return moment(command.received_at)

    @admin.display(description="status", ordering="status")
    def state(self, command: JobCommand) -> str:
        """The status as a badge."""
        return badge(command.status)

    @admin.display(description="run")
    def of_run(self, command: JobCommand) -> str:
        """The run that it became."""
        return run_link(command.run_id)


@admin.register(AuditEntry)
class AuditEntryAdmin(LongTable, admin.ModelAdmin):
    list_display = ("when", "who", "action", "source", "state", "of_run")
    list_filter = ("action", "who")
    search_fields = ("who", "source", "=run_id")
    search_help_text = "Who, from where, or a run's id"
    date_hierarchy = "timestamp"

    @admin.display(description="when", ordering="timestamp")
    def when(self, entry: AuditEntry) -> str:
        """When it was asked for."""
        return moment(entry.timestamp)

    @admin.display(description="outcome", ordering="outcome")
    def state(self, entry: AuditEntry) -> str:
        """Accepted, or why not."""
        return badge(entry.outcome) if entry.outcome == "accepted" else entry.outcome

    @admin.display(description="run")
    def of_run(self, entry: AuditEntry) -> str:
        """The run that it is about."""
        return run_link(entry.run_id)
