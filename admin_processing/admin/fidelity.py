"""Own minute bars held against the provider's: a day's score, and each difference."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from admin_processing.admin.read_only import LongTable, ReadOnly, figure, moment
from admin_processing.admin.runs import run_link
from admin_processing.badges import badge
from admin_processing.models import FidelityDay, FidelityDifference
from admin_processing.run_words import share_bar

SHOWN = (
    ("day", "source"),
    "scored",
    ("symbols", "bars"),
    ("equal", "explained", "unexplained", "corrected"),
    "rules",
    "differences",
    "of_run",
    "compared_at",
)
VALUES = ("open", "high", "low", "close", "volume")


@admin.register(FidelityDay)
class FidelityDayAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "day",
        "source",
        "scored",
        figure("symbols"),
        figure("bars"),
        figure("equal"),
        figure("explained"),
        figure("unexplained"),
        figure("corrected"),
    )
    list_filter = ("source",)
    date_hierarchy = "day"
    fields = SHOWN
    readonly_fields = ("scored", "rules", "differences", "of_run")

    @admin.display(description="score", ordering="score")
    def scored(self, day: FidelityDay) -> str:
        """The share of equal and explained bars, as a figure and as a bar."""
        if day.score is None:
            return "nothing to compare"
        bar = share_bar(day.equal + day.explained, day.unexplained, day.bars)
        figure = f"{100 * day.score:.3f} %"
        return format_html('<span class="scored">{} {}</span>', figure, mark_safe(bar))

    @admin.display(description="explained by")
    def rules(self, day: FidelityDay) -> str:
        """How many differences each rule explains."""
        counted = sorted(day.by_rule.items(), key=lambda rule: -rule[1])
        return ", ".join(f"{name} {count:,}" for name, count in counted) or "–"

    @admin.display(description="differences")
    def differences(self, day: FidelityDay) -> str:
        """The list of the day's differences."""
        page = reverse("admin:admin_processing_fidelitydifference_changelist")
        return format_html(
            '<a href="{}?day={}&amp;source={}">Minute by minute</a>', page, day.day, day.source
        )

    @admin.display(description="run")
    def of_run(self, day: FidelityDay) -> str:
        """The run that compared."""
        return run_link(day.run_id)


class Explained(admin.SimpleListFilter):
    """By whether a rule explains the difference."""

    title, parameter_name = "explained", "explained"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Yes or no."""
        return [("yes", "Explained"), ("no", "Unexplained")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those with a rule, those without."""
        if self.value() == "no":
            return queryset.filter(rule="")
        return queryset.exclude(rule="") if self.value() == "yes" else queryset


@admin.register(FidelityDifference)
class FidelityDifferenceAdmin(LongTable, admin.ModelAdmin):
    list_display = ("when", "symbol", "explanation", "told_difference", "corrected", "source")
    list_filter = (Explained, "rule", "corrected", "source", "day")
    search_fields = ("=symbol",)
    search_help_text = "A symbol"
    fields = (
        ("symbol", "when"),
        "explanation",
        "own",
        "provider",
        "corrected",
        "source",
        "seen_at",
    )
    readonly_fields = ("when", "explanation", "own", "provider")

    @admin.display(description="minute", ordering="timestamp")
    def when(self, row: FidelityDifference) -> str:
        """The minute's start."""
        return moment(row.timestamp)

    @admin.display(description="rule", ordering="rule")
    def explanation(self, row: FidelityDifference) -> str:
        """The rule that explains it; else a badge that says there is none."""
        return row.rule.replace("_", " ") or badge("unexplained")

    @admin.display(description="own → provider's")
    def told_difference(self, row: FidelityDifference) -> str:
        """The values that differ."""
        return difference(row.ours, row.theirs)

    @admin.display(description="own bar")
    def own(self, row: FidelityDifference) -> str:
        """All of it."""
        return values(row.ours)

    @admin.display(description="provider's bar")
    def provider(self, row: FidelityDifference) -> str:
        """All of it."""
        return values(row.theirs)


def values(bar: dict[str, Any] | None) -> str:
    """A bar's values by name."""
    if bar is None:
        return "no bar"
    return "  ".join(f"{name} {bar[name]:,}" for name in VALUES if bar.get(name) is not None)


def difference(ours: dict[str, Any] | None, theirs: dict[str, Any] | None) -> str:
    """Only what differs: `high 10.2 → 10.3  volume 900 → 1,000`, or who has no bar."""
    if ours is None:
        return "no own bar"
    if theirs is None:
        return "none at the provider"
    changed = [name for name in VALUES if ours.get(name) != theirs.get(name)]
    return "  ".join(f"{name} {_figure(ours, name)} → {_figure(theirs, name)}" for name in changed)


def _figure(bar: dict[str, Any], name: str) -> str:
    value = bar.get(name)
    return "–" if value is None else f"{value:,}"
