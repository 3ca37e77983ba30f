"""Bars of one symbol for charts: any timeframe, from minute and daily bars, in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from market.calendar import MarketCalendar, configured_calendar, to_ms
from streaming.web.database import rows
from streaming.web.frames import utc_iso

MINUTES = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "1d": 1440}
FIELDS = "open, high, low, close, volume, vwap, trade_count, is_partial, revision"
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)

MINUTE_BARS = f"""
SELECT timestamp, {FIELDS} FROM ohlcv_1min
WHERE symbol = %(symbol)s AND timestamp >= %(start)s AND timestamp < %(end)s
ORDER BY timestamp DESC LIMIT %(limit)s
"""

# Every bar holds at most `minutes` minutes, so that (limit + 1) * minutes of the newest minutes
# make at least `limit` whole bars; a year of older ones is never read.
LONGER_BARS = """
WITH minute AS (
    SELECT *, to_timestamp(
        floor((extract(epoch FROM timestamp) - %(offset)s) / %(step)s) * %(step)s + %(offset)s
    ) AS bar_start
    FROM ohlcv_1min
    WHERE symbol = %(symbol)s AND timestamp >= %(start)s AND timestamp < %(end)s
    ORDER BY timestamp DESC LIMIT %(rows)s
)
SELECT bar_start AS timestamp,
    (array_agg(open ORDER BY timestamp))[1] AS open, max(high) AS high, min(low) AS low,
    (array_agg(close ORDER BY timestamp DESC))[1] AS close, sum(volume) AS volume,
    sum(vwap * volume) / nullif(sum(volume) FILTER (WHERE vwap IS NOT NULL), 0) AS vwap,
    sum(trade_count) AS trade_count, bool_or(is_partial) AS is_partial,
    max(revision) AS revision
FROM minute GROUP BY bar_start ORDER BY bar_start DESC LIMIT %(limit)s
"""

DAILY_BARS = f"""
SELECT timestamp, {FIELDS} FROM ohlcv_daily
WHERE symbol = %(symbol)s AND timestamp >= %(start)s AND timestamp < %(end)s
ORDER BY timestamp DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class BarQuery:
    """Which bars: `[start, end)`, the newest `limit` of them. Times are aware UTC."""

    symbol: str
    timeframe: str
    start: datetime | None = None
    end: datetime | None = None
    limit: int = 500
    fill: bool = False


def bars(query: BarQuery) -> list[dict[str, Any]]:
    """The bars, oldest first, as the API shows them.

    Bars of 5m to 1h begin at the session's open. 1d are the stored daily bars, and for the days
    after those what the minutes give. With `fill`, minutes without a trade are there too, flat
    at the close before them and marked `filled`.
    """
    found = bars_between(query)
    if query.fill and query.timeframe != "1d":
        found = _filled(found, MINUTES[query.timeframe], configured_calendar())[-query.limit :]
    return [bar | {"timestamp": utc_iso(to_ms(bar["timestamp"]))} for bar in found]


def bars_between(query: BarQuery) -> list[dict[str, Any]]:
    """The same without filling, their timestamps as datetimes."""
    found = _daily(query) if query.timeframe == "1d" else _intraday(query)
    return sorted(found, key=lambda bar: bar["timestamp"])


def _parameters(query: BarQuery) -> dict[str, Any]:
    span = {"start": query.start or EARLIEST, "end": query.end or LATEST}
    return span | {"symbol": query.symbol, "limit": query.limit}


def _intraday(query: BarQuery) -> list[dict[str, Any]]:
    minutes = MINUTES[query.timeframe]
    if minutes == 1:
        return rows(MINUTE_BARS, _parameters(query))
    return _longer(query, minutes, _open_offset(minutes))


def _longer(query: BarQuery, minutes: int, offset_secs: int) -> list[dict[str, Any]]:
    grid = {"step": minutes * 60, "offset": offset_secs, "rows": (query.limit + 1) * minutes}
    return rows(LONGER_BARS, _parameters(query) | grid)


def _open_offset(minutes: int) -> int:
    """Seconds by which a grid that begins at the session's open is off the full hour.

    Daylight saving moves opens by whole hours, so that any session of the calendar tells it.
    """
    session = configured_calendar().sessions[-1]
    return session.open_ms // 1000 % (minutes * 60)


def _daily(query: BarQuery) -> list[dict[str, Any]]:
    stored = rows(DAILY_BARS, _parameters(query))
    newest = stored[0]["timestamp"] + timedelta(days=1) if stored else EARLIEST
    start = max(query.start or EARLIEST, newest)
    later = BarQuery(query.symbol, "1d", start, query.end, query.limit)
    return (_longer(later, MINUTES["1d"], 0) + stored)[: query.limit]


def _filled(
    found: list[dict[str, Any]], minutes: int, calendar: MarketCalendar
) -> list[dict[str, Any]]:
    """The bars with flat ones between two of the same session."""
    step = timedelta(minutes=minutes)
    result: list[dict[str, Any]] = []
    for bar in found:
        while result and result[-1]["timestamp"] + step < bar["timestamp"]:
            moment = result[-1]["timestamp"] + step
            if not _same_session(moment, bar["timestamp"], calendar):
                break
            result.append(_flat(moment, result[-1]["close"]))
        result.append(bar)
    return result


def _same_session(moment: datetime, other: datetime, calendar: MarketCalendar) -> bool:
    return calendar.session_start(to_ms(moment)) == calendar.session_start(to_ms(other))


def _flat(moment: datetime, close: float) -> dict[str, Any]:
    flat = dict.fromkeys(("open", "high", "low", "close"), close)
    empty = {"volume": 0.0, "vwap": None, "trade_count": 0, "is_partial": False, "revision": 0}
    return {"timestamp": moment, **flat, **empty, "filled": True}
