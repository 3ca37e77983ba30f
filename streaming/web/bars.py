"""Bars of one symbol for charts: any timeframe, from minute and daily bars, in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from market.calendar import MarketCalendar, configured_calendar, to_ms
from streaming.web.adjusted import adjusted
from streaming.web.database import columns, rows
from streaming.web.frames import utc_iso

MINUTES = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "1d": 1440}
FIELDS = "open, high, low, close, volume, vwap, trade_count, is_partial, revision"
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)

MINUTE_BARS = f"""
SELECT timestamp, {FIELDS} FROM ohlcv_1min
WHERE symbol = %(symbol)s AND timestamp >= %(start)s AND timestamp < %(end)s
ORDER BY timestamp DESC LIMIT %(limit)s
"""

MINUTES_OF_BARS = """
    FROM ohlcv_1min
    WHERE symbol = %(symbol)s AND timestamp >= %(start)s AND timestamp < %(until)s
    ORDER BY timestamp DESC LIMIT %(rows)s
"""
OLDEST_MINUTE = f"SELECT min(timestamp) FROM (SELECT timestamp {MINUTES_OF_BARS}) AS minute"

# Every bar holds at most `minutes` minutes, so that (limit + 2) * minutes of the newest minutes
# make at least `limit` whole bars; a year of older ones is never read. until: as far as the last
# bar may reach, which is not cut where its minutes go on. edges: opens and ends of
# sessions in turn, between which the grid begins at the open.
LONGER_BARS = f"""
WITH minute AS (SELECT * {MINUTES_OF_BARS}),
placed AS (
    SELECT *, CASE
        WHEN width_bucket(extract(epoch FROM timestamp)::float8, %(edges)s::float8[]) %% 2 = 1
        THEN %(at_open)s ELSE %(otherwise)s
    END AS off FROM minute
),
started AS (
    SELECT *, to_timestamp(
        floor((extract(epoch FROM timestamp)::float8 - off) / %(step)s) * %(step)s + off
    ) AS bar_start FROM placed
)
SELECT bar_start AS timestamp, count(*) AS minutes,
    (array_agg(open ORDER BY timestamp))[1] AS open, max(high) AS high, min(low) AS low,
    (array_agg(close ORDER BY timestamp DESC))[1] AS close, sum(volume) AS volume,
    sum(vwap * volume) / nullif(sum(volume) FILTER (WHERE vwap IS NOT NULL), 0) AS vwap,
    sum(trade_count) AS trade_count, bool_or(is_partial) AS is_partial,
    max(revision) AS revision
FROM started WHERE bar_start >= %(start)s AND bar_start < %(end)s
GROUP BY bar_start ORDER BY bar_start DESC LIMIT %(limit)s
"""

DAILY_BARS = f"""
SELECT timestamp, {FIELDS} FROM ohlcv_daily
WHERE symbol = %(symbol)s AND timestamp >= %(start)s AND timestamp < %(end)s
ORDER BY timestamp DESC LIMIT %(limit)s
"""

# What was made of minutes before they were dropped.
ROLLED_BARS = f"""
SELECT timestamp, {FIELDS}, minutes FROM ohlcv_rolled
WHERE symbol = %(symbol)s AND timeframe = %(timeframe)s AND minutes IS NOT NULL
    AND timestamp >= %(start)s AND timestamp < %(end)s
ORDER BY timestamp DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class BarQuery:
    """Which bars: `[start, end)`, the newest `limit` of them. Times are aware UTC.

    adjusted: in the shares of the market's newest day, else as they were traded.
    """

    symbol: str
    timeframe: str
    start: datetime | None = None
    end: datetime | None = None
    limit: int = 500
    fill: bool = False
    adjusted: bool = True


def bars(query: BarQuery) -> list[dict[str, Any]]:
    """The bars, oldest first, as the API shows them.

    Bars of 5m to 1h begin at the session's open, outside sessions at midnight; they are there still
    when their minutes have been dropped. 1d are the stored daily bars, and for the days after those
    what the minutes give. With `fill`, minutes without a trade are there too, flat at the close
    before them and marked `filled`.
    """
    found = bars_between(query)
    if query.fill and query.timeframe != "1d":
        found = _filled(found, MINUTES[query.timeframe], configured_calendar())[-query.limit :]
    if query.adjusted:
        found = adjusted(query.symbol, query.timeframe, found)
    return [bar | {"timestamp": utc_iso(to_ms(bar["timestamp"]))} for bar in found]


def bars_between(query: BarQuery) -> list[dict[str, Any]]:
    """The same as traded, without filling, their timestamps as datetimes."""
    found = _daily(query) if query.timeframe == "1d" else _intraday(query)
    for bar in found:
        bar.pop("minutes", None)
    return sorted(found, key=lambda bar: bar["timestamp"])


def _parameters(query: BarQuery) -> dict[str, Any]:
    span = {"start": query.start or EARLIEST, "end": query.end or LATEST}
    return span | {"symbol": query.symbol, "limit": query.limit}


def _intraday(query: BarQuery) -> list[dict[str, Any]]:
    if query.timeframe == "1m":
        return rows(MINUTE_BARS, _parameters(query))
    return _with_rolled(query, _longer(query, MINUTES[query.timeframe]))


def _with_rolled(query: BarQuery, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest `limit` of what the stored minutes give and of what was made of dropped ones.

    Where both are there, a few minutes have come back, or the bar reaches over midnight out of a
    day that is gone: the one of more minutes is the whole one.
    """
    wanted = _parameters(query) | {"timeframe": query.timeframe}
    if len(found) >= query.limit:
        wanted["start"] = found[-1]["timestamp"]  # older ones are not asked for
    kept = {bar["timestamp"]: bar for bar in found}
    for bar in rows(ROLLED_BARS, wanted):
        other = kept.get(bar["timestamp"])
        if other is None or bar["minutes"] > other["minutes"]:
            kept[bar["timestamp"]] = bar
    return sorted(kept.values(), key=lambda bar: bar["timestamp"])[-query.limit :]


def _longer(query: BarQuery, minutes: int) -> list[dict[str, Any]]:
    """Bars added up as the stream adds them up: from a session's open, else from midnight."""
    calendar, step = configured_calendar(), minutes * 60
    wanted = _parameters(query) | {"rows": (query.limit + 2) * minutes, "step": step}
    wanted["until"] = min(wanted["end"], LATEST - timedelta(days=1)) + timedelta(minutes=minutes)
    wanted |= {"at_open": 0, "otherwise": 0, "edges": [0]}
    opened = calendar.sessions[-1].open_ms // 1000 % step if query.timeframe != "1d" else 0
    if opened:
        # Daylight saving moves opens by whole hours, so that any session tells this.
        wanted |= {"at_open": opened, "edges": _edges(calendar, wanted)}
    return rows(LONGER_BARS, wanted)


def _edges(calendar: MarketCalendar, wanted: dict[str, Any]) -> list[float]:
    """Start and end, in turn, of the sessions that the wanted minutes may lie in."""
    oldest = columns(OLDEST_MINUTE, wanted)[0][0]
    if oldest is None:
        return [0]
    since, until = to_ms(oldest), to_ms(wanted["until"])
    found = [s for s in calendar.sessions if s.last_ms > since and s.open_ms < until]
    return [edge / 1000 for s in found for edge in (s.open_ms, s.last_ms)] or [0]


def _daily(query: BarQuery) -> list[dict[str, Any]]:
    stored = rows(DAILY_BARS, _parameters(query))
    newest = stored[0]["timestamp"] + timedelta(days=1) if stored else EARLIEST
    start = max(query.start or EARLIEST, newest)
    later = BarQuery(query.symbol, "1d", start, query.end, query.limit)
    return (_longer(later, MINUTES["1d"]) + stored)[: query.limit]


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
