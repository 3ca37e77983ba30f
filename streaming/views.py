"""The trader's pages. They hold no data: their scripts ask the API, and then listen."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from streaming.api import market_clock
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


def _context(**more: Any) -> dict[str, Any]:
    return {"clock": market_clock(), "timeframes": list(MINUTES)} | more
