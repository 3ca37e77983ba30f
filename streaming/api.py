"""The HTTP API of market data: bars, detections, indicators, and the stream's status."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router
from ninja.errors import HttpError
from pydantic import AwareDatetime

from market.calendar import configured_calendar
from patterns.registry import UnknownDefinition
from streaming.web import answers, history
from streaming.web import bars as bar_store
from streaming.web.answers import State, Tier, Timeframe
from streaming.web.catchup import newest_seq
from streaming.web.computed import UnknownIndicator, known_names
from streaming.web.indicators import indicators_of
from streaming.web.pages import Page
from streaming.web.signals import Chosen, detections_of, known_pattern
from streaming.web.status import stream_state
from streaming.web.symbols import known_symbol

router = Router(tags=["market data"])

ERRORS = dict.fromkeys((400, 401, 403, 404, 422, 429, 503), answers.Error)


@router.get(
    "/streaming/api/status",
    summary="The stream's session and health",
    response={200: answers.StreamStatus, **ERRORS},
)
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


@router.get(
    "/streaming/api/dashboard",
    summary="What the dashboard shows when it opens",
    response={200: answers.Dashboard, **ERRORS},
)
def dashboard(request: HttpRequest, detections: int = Query(100, ge=1, le=500)) -> dict[str, Any]:
    """Symbols with sparklines, recent detections, ticks/s by minute, and the market's clock.

    `newest_seq`: whoever resumes after it misses nothing, and gets no change twice.
    """
    state, _ = stream_state()
    seq = newest_seq()  # before the detections are read
    newest = history.newest_bar()
    return {
        "symbols": history.symbols_with_sparklines(newest),
        "prices": state.prices.latest,
        "detections": history.recent_detections(detections),
        "newest_seq": seq,
        "rates": history.rates_by_minute(newest),
        "session": state.session,
        "health": state.health,
        "market": market_clock(),
    }


@router.get(
    "/bars/{path:symbol}",
    summary="Bars of one symbol",
    response={200: answers.Bars, **ERRORS},
    exclude_unset=True,
)
def bars(
    request: HttpRequest,
    symbol: str,
    timeframe: Timeframe = "1m",
    start: AwareDatetime | None = Query(None, alias="from"),
    end: AwareDatetime | None = Query(None, alias="to"),
    limit: int = Query(500, ge=1, le=5000),
    fill: bool = False,
    adjusted: bool = True,
) -> dict[str, Any]:
    """The newest `limit` bars of `[from, to)`, oldest first.

    5m, 15m and 1h begin at the session's open, outside sessions at midnight; a bar belongs to
    `[from, to)` by its start. 1d are stored, and the day under way comes from its minutes. A
    minute without a trade has no bar; `fill=true` puts a flat one there, marked `filled`.

    Bars before a split or a dividend are adjusted for it, and tell the `price_factor` that they
    were multiplied by; `adjusted=false` gives them as they were traded.
    """
    known = known_symbol(symbol)
    query = bar_store.BarQuery(known.symbol, timeframe, start, end, limit, fill, adjusted)
    found = bar_store.bars(query)
    return {"symbol": known.symbol, "name": known.name, "timeframe": timeframe, "bars": found}


@router.get(
    "/patterns/{path:symbol}",
    summary="Detections of one symbol",
    response={200: answers.Patterns, **ERRORS},
    exclude_unset=True,
)
def patterns(
    request: HttpRequest,
    symbol: str,
    tier: Tier | None = None,
    timeframe: Timeframe | None = None,
    pattern: str | None = Query(None, max_length=100, description="A pattern or a combo's rule."),
    state: State | None = Query(None, description="The state that it is in now."),
    start: AwareDatetime | None = Query(None, alias="from"),
    end: AwareDatetime | None = Query(None, alias="to"),
    limit: int = Query(100, ge=1, le=1000),
    cursor: str | None = Query(None, max_length=400),
) -> dict[str, Any]:
    """All tiers, newest bar first; a combo's bar and timeframe are those of its trigger.

    `next_cursor` asks for the page after this one, and is null on the last.
    """
    known = known_symbol(symbol)
    try:
        chosen = Chosen(known_pattern(pattern) if pattern else None, state)
    except UnknownDefinition as error:
        raise HttpError(422, f"pattern: {error}") from None
    page = Page(known.symbol, tier, timeframe, start, end, limit, cursor)
    found, following = detections_of(page, chosen)
    return {"symbol": known.symbol, "patterns": found, "next_cursor": following}


@router.get(
    "/indicators/{path:symbol}",
    summary="Indicators of one symbol",
    response={200: answers.Indicators, **ERRORS},
    exclude_unset=True,
)
def indicators(
    request: HttpRequest,
    symbol: str,
    tier: Tier | None = None,
    timeframe: Timeframe | None = None,
    names: str | None = Query(
        None, max_length=2000, description="`all`, or names from the catalogue: RSI_14,SAR"
    ),
    start: AwareDatetime | None = Query(None, alias="from"),
    end: AwareDatetime | None = Query(None, alias="to"),
    limit: int = Query(100, ge=1, le=2000),
    cursor: str | None = Query(None, max_length=400),
) -> dict[str, Any]:
    """Newest first, one item a closed bar.

    With a timeframe, each bar has the indicators of the setting INDICATORS_STORED: as they are
    stored, and computed from the bars where they are not. Without one, the stored bars of all
    timeframes come, mixed by time. `names` are computed for every bar of the timeframe (without
    one, of 1m, or of 1d for tier=daily); RVOL and RELATIVE_STRENGTH need other sessions and
    symbols, so that bars have them only where they are stored.
    """
    known = known_symbol(symbol)
    if names and timeframe is None:
        timeframe = "1d" if tier == "daily" else "1m"
    try:
        asked = known_names(names, timeframe) if names and timeframe else []
    except UnknownIndicator as error:
        raise HttpError(422, f"names: {error}") from None
    page = Page(known.symbol, tier, timeframe, start, end, limit, cursor)
    found, following = indicators_of(page, asked)
    return {"symbol": known.symbol, "indicators": found, "next_cursor": following}


def market_clock() -> dict[str, Any]:
    """The configured market's clock, now."""
    calendar, now = configured_calendar(), datetime.now(UTC)
    return history.clock(calendar.status(now), now, settings.MARKET_CALENDAR, str(calendar.zone))
