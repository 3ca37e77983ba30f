"""The data quality page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from admin_processing.quality import look
from admin_processing.score_line import score_line
from market.calendar import configured_calendar

PERMISSION = "admin_processing.view_rejectedrow"
MODELS = {
    "rejected": "admin_processing_rejectedrow",
    "failures": "admin_processing_processingfailure",
    "coverage": "admin_processing_importcoverage",
    "fidelity": "admin_processing_fidelityday",
    "differences": "admin_processing_fidelitydifference",
    "gaps": "streaming_feedgap",
    "symbols": "market_symbol",
}


@require_safe
def data_quality(request: HttpRequest) -> HttpResponse:
    """What is missing, stale or set aside, each with the way to its listing."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    quality = look(configured_calendar(), timezone.now())
    context = admin.site.each_context(request) | {
        "title": "Data quality",
        "quality": quality,
        "newest": quality.scores[-1] if quality.scores else None,
        "line": score_line(quality.scores),
        "links": _links(),
    }
    return render(request, "admin_processing/quality.html", context)


def _links() -> dict[str, Any]:
    pages = {name: reverse(f"admin:{model}_changelist") for name, model in MODELS.items()}
    pages["failures"] += "?resolved_at__isnull=True"
    for name, slug in (("bars", "bars"), ("daily_bars", "daily-bars")):
        pages[name] = reverse("operations:listing", args=[slug])
    return pages
