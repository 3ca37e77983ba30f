"""The HTTP API of market data: bars, detections, indicators, and the stream's status."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import AwareDatetime

from market.calendar import configured_calendar
from streaming.web import bars as bar_store
from streaming.web import history
from streaming.web.signals import Page, detections_of, indicators_of
from streaming.web.status import stream_state
from streaming.web.symbols import known_symbol

router = Router(tags=["market data"])

Timeframe = Literal["1m", "5m", "15m", "1h", "1d"]
Tier = Literal["intraday", "daily", "combo"]


@router.get("/streaming/api/status", summary="The stream's session and health")
def status(request: HttpRequest) -> dict[str, Any]:
    """`online` while the newest health is younger than 30 s, else `offline`."""
    state, stats = stream_state()
    online = state.online(time.time() * 1000)
    return {
        "status": "online" if online else "offline",
        "session": state.session,
        "health": state.health,
        "subscriber_stats": stats,
        "market": market_clock(),
    }


@router.get("/streaming/api/dashboard", summary="What the dashboard shows when it opens")
def dashboard(request: HttpRequest, detections: int = Query(100, ge=1, le=500)) -> dict[str, Any]:
    """Symbols with sparklines, recent detections, ticks/s by minute, and the market's clock."""
    state, _ = stream_state()
    newest = history.newest_bar()
    return {
        "symbols": history.symbols_with_sparklines(newest),
        "prices": state.prices.latest,
        "detections": history.recent_detections(detections),
        "rates": history.rates_by_minute(newest),
        "session": state.session,
        "health": state.health,
        "market": market_clock(),
    }


@router.get("/bars/{path:symbol}", summary="Bars of one symbol")
def bars(
    request: HttpRequest,
    symbol: str,
    timeframe: Timeframe = "1m",
    start: AwareDatetime | None = Query(None, alias="from"),
    end: AwareDatetime | None = Query(None, alias="to"),
    limit: int = Query(500, ge=1, le=5000),
    fill: bool = False,
) -> dict[str, Any]:
    """The newest `limit` bars of `[from, to)`, oldest first.

    5m, 15m and 1h begin at the session's open. A minute without a trade has no bar; `fill=true`
    puts a flat one there, marked `filled`.
    """
    known = known_symbol(symbol)
    query = bar_store.BarQuery(known.symbol, timeframe, start, end, limit, fill)
    found = bar_store.bars(query)
    return {"symbol": known.symbol, "name": known.name, "timeframe": timeframe, "bars": found}


@router.get("/patterns/{path:symbol}", summary="Detections of one symbol")
def patterns(
    request: HttpRequest,
    symbol: str,
    tier: Tier | None = None,
    timeframe: str | None = Query(None, max_length=8),
    start: AwareDatetime | None = Query(None, alias="from"),
    end: AwareDatetime | None = Query(None, alias="to"),
    limit: int = Query(100, ge=1, le=1000),
    cursor: str | None = Query(None, max_length=400),
) -> dict[str, Any]:
    """Newest first; `next_cursor` asks for the page after this one, and is null on the last."""
    known = known_symbol(symbol)
    page = Page(known.symbol, tier, timeframe, start, end, limit, cursor)
    found, following = detections_of(page)
    return {"symbol": known.symbol, "patterns": found, "next_cursor": following}


@router.get("/indicators/{path:symbol}", summary="Indicators of one symbol")
def indicators(
    request: HttpRequest,
    symbol: str,
    tier: Tier | None = None,
    timeframe: str | None = Query(None, max_length=8),
    start: AwareDatetime | None = Query(None, alias="from"),
    end: AwareDatetime | None = Query(None, alias="to"),
    limit: int = Query(100, ge=1, le=2000),
    cursor: str | None = Query(None, max_length=400),
) -> dict[str, Any]:
    """Newest first, one item a closed bar with every indicator's value.

    Those of `timeframe=1m` are stored (without a timeframe these are what you get); those of 5m,
    15m, 1h and 1d are computed from the bars, whose bounds `/bars` explains.
    """
    known = known_symbol(symbol)
    page = Page(known.symbol, tier, timeframe, start, end, limit, cursor)
    found, following = indicators_of(page)
    return {"symbol": known.symbol, "indicators": found, "next_cursor": following}


def market_clock() -> dict[str, Any]:
    """The configured market's clock, now."""
    calendar, now = configured_calendar(), datetime.now(UTC)
    return history.clock(calendar.status(now), now, settings.MARKET_CALENDAR, str(calendar.zone))
