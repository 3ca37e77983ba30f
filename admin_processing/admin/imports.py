"""What was imported, and what was not let in."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from admin_processing.admin.open_filter import Open
from admin_processing.admin.read_only import LongTable, figure, moment, told
from admin_processing.admin.runs import run_link
from admin_processing.badges import badge
from admin_processing.models import ImportCoverage, ImportedFile, RejectedRow

SIZES = ("B", "kB", "MB", "GB", "TB")


@admin.register(RejectedRow)
class RejectedRowAdmin(LongTable, admin.ModelAdmin):
    list_display = (
        "when",
        "symbol",
        "why",
        told("detail"),
        "source",
        "timeframe",
        "state",
        "seen",
    )
    list_filter = (("resolved_at", Open), "reason", "source", "timeframe")
    search_fields = ("=symbol",)
    search_help_text = "A symbol"
    fields = (
        ("symbol", "timeframe", "when"),
        ("reason", "state"),
        "detail",
        "given",
        "source",
        "of_run",
        "first_seen_at",
        "last_seen_at",
        "resolved_at",
    )
    readonly_fields = ("when", "state", "given", "of_run")

    @admin.display(description="bar", ordering="timestamp")
    def when(self, row: RejectedRow) -> str:
        """The bar's time; the day alone for a daily bar."""
        if row.timeframe == "1d":
            return f"{row.timestamp:%Y-%m-%d}"
        return moment(row.timestamp)

    @admin.display(description="reason", ordering="reason")
    def why(self, row: RejectedRow) -> str:
        """The reason as people write it."""
        return row.reason.replace("_", " ")

    @admin.display(description="state", ordering="resolved_at")
    def state(self, row: RejectedRow) -> str:
        """Whether the source's row was found good after all."""
        return badge("resolved" if row.resolved_at else "open")

    @admin.display(description="last seen", ordering="last_seen_at")
    def seen(self, row: RejectedRow) -> str:
        """When the source last gave it."""
        return moment(row.last_seen_at)

    @admin.display(description="as the source gave it")
    def given(self, row: RejectedRow) -> str:
        """Its values by name."""
        return ", ".join(f"{name} {value}" for name, value in row.row.items()) or "–"

    @admin.display(description="run")
    def of_run(self, row: RejectedRow) -> str:
        """The run that set it aside."""
        return run_link(row.run_id)


@admin.register(ImportCoverage)
class ImportCoverageAdmin(LongTable, admin.ModelAdmin):
    list_display = ("symbol", "timeframe", "source", "since", "through", "checked")
    list_filter = ("source", "timeframe")
    search_fields = ("=symbol",)
    search_help_text = "A symbol"
    ordering = ("symbol", "timeframe", "source")

    @admin.display(description="asked", ordering="checked_at")
    def checked(self, coverage: ImportCoverage) -> str:
        """When the source was last asked."""
        return moment(coverage.checked_at)


@admin.register(ImportedFile)
class ImportedFileAdmin(LongTable, admin.ModelAdmin):
    list_display = ("imported", "path", "source", "figure_size", figure("rows"), "part")
    list_filter = ("source",)
    search_fields = ("path",)
    ordering = ("-imported_at",)

    @admin.display(description="imported", ordering="imported_at")
    def imported(self, file: ImportedFile) -> str:
        """When it was read."""
        return moment(file.imported_at)

    @admin.display(description="size", ordering="size")
    def figure_size(self, file: ImportedFile) -> str:
        """In the unit that fits."""
        return size(file.size)


def size(count: Any) -> str:
    """So many bytes, in the unit that leaves one to three digits before the point."""
    value = float(count)
    for unit in SIZES[:-1]:
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} {SIZES[-1]}"
