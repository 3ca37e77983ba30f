"""Read-only pages beside Django's own admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from admin_processing.listings import LISTINGS, Listing, Page, Wanted, read_page
from admin_processing.templatetags.admin_processing import is_number
from streaming.web.cursors import BadCursor


class SpanForm(forms.Form):
    """From when to when, in UTC."""

    start = forms.DateTimeField(required=False)
    end = forms.DateTimeField(required=False)


@require_safe
def browse(request: HttpRequest, slug: str) -> HttpResponse:
    """One page of one listing, filtered as the address says."""
    listing = LISTINGS.get(slug)
    if listing is None:
        raise Http404(f"There is no listing {slug!r}.")
    if not request.user.has_perm(listing.permission):
        raise PermissionDenied
    form = SpanForm(request.GET)
    context = _context(request, listing) | {"form": form}
    if form.is_valid():
        try:
            page = read_page(listing, _wanted(request, listing, form.cleaned_data))
            context |= {"page": page, **_table(listing, page)}
        except BadCursor as error:
            raise Http404(str(error)) from None
    status = 200 if form.is_valid() else 400
    return render(request, "admin_processing/listing.html", context, status=status)


def _table(listing: Listing, page: Page) -> dict[str, Any]:
    """Headings and rows of (value, whether its column holds numbers)."""
    numeric = [any(map(is_number, column)) for column in zip(*page.rows, strict=True)]
    numeric = numeric or [False] * len(listing.columns)
    return {
        "headings": list(zip(listing.columns, numeric, strict=True)),
        "table": [list(zip(row, numeric, strict=True)) for row in page.rows],
    }


def _wanted(request: HttpRequest, listing: Listing, span: dict[str, Any]) -> Wanted:
    filters = {name: request.GET.get(name, "").strip()[:100] for name in listing.filters}
    return Wanted(filters, span["start"], span["end"], request.GET.get("cursor"))


def _context(request: HttpRequest, listing: Listing) -> dict[str, Any]:
    kept = request.GET.copy()
    kept.pop("cursor", None)
    filters = [
        (name, name.replace("_", " "), request.GET.get(name, "")) for name in listing.filters
    ]
    return admin.site.each_context(request) | {
        "title": listing.title,
        "listing": listing,
        "filters": filters,
        "query": kept.urlencode(),
    }
