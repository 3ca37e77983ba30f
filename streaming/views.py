"""The trader's pages. They hold no data: their scripts ask the API, and then listen."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from patterns.definitions import Detector
from patterns.registry import UnknownDefinition
from streaming.api import market_clock
from streaming.web import catalogue
from streaming.web.bars import MINUTES
from streaming.web.symbols import UnknownSymbol, known_symbol


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The live dashboard at `/`."""
    return render(request, "streaming/dashboard.html", _context())


@require_safe
def symbol_page(request: HttpRequest, symbol: str) -> HttpResponse:
    """One symbol's chart and its history of detections."""
    try:
        known = known_symbol(symbol)
    except UnknownSymbol as error:
        raise Http404(str(error)) from None
    return render(request, "streaming/symbol.html", _context(symbol=known))


@require_safe
def catalogue_page(request: HttpRequest) -> HttpResponse:
    """Every pattern and indicator; `?q=` finds some."""
    query = request.GET.get("q", "").strip()[:100]
    sections = catalogue.sections(query)
    cards = [card for section in sections for card in section.cards]
    context = {
        "query": query,
        "sections": sections,
        "count": sum(not card.hidden for card in cards),
        "total": len(cards),
    }
    return render(request, "streaming/catalogue.html", context)


@require_safe
def catalogue_entry(request: HttpRequest, name: str) -> HttpResponse:
    """One pattern or indicator."""
    try:
        entry = catalogue.entry_of(name)
    except UnknownDefinition as error:
        raise Http404(str(error)) from None
    if isinstance(entry.definition, Detector):
        about = catalogue.about_pattern(entry.definition, catalogue.settled())
    else:
        about = catalogue.about_indicator(entry.definition)
    context = {
        "entry": entry,
        "definition": entry.definition,
        "picture": catalogue.picture(entry.name),
    }
    return render(request, f"streaming/catalogue_{entry.kind}.html", context | about)


def _context(**more: Any) -> dict[str, Any]:
    return {"clock": market_clock(), "timeframes": list(MINUTES)} | more
