"""What the dashboard shows before the first event comes: one query for all symbols each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from market.calendar import MarketStatus, to_ms
from streaming.web.catchup import COLUMNS, pattern_of
from streaming.web.database import columns, rows
from streaming.web.frames import utc_iso

RATE_MINUTES = 60

NEWEST_BAR = "SELECT timestamp FROM ohlcv_1min ORDER BY timestamp DESC LIMIT 1"

# Every other minute, the newest included, and as exact as a line of twenty pixels can show.
SPARKLINES = """
SELECT symbol, array_agg(close::real ORDER BY timestamp)
FROM ohlcv_1min
WHERE timestamp > %(newest)s - interval '60 minutes' AND timestamp <= %(newest)s
    AND extract(epoch FROM %(newest)s - timestamp)::int %% 120 = 0
GROUP BY symbol
"""

NAMES = "SELECT symbol, name, sector FROM symbols WHERE symbol = ANY(%s)"

RATES = """
SELECT timestamp, sum(trade_count) / 60.0 FROM ohlcv_1min
WHERE timestamp > %s AND timestamp <= %s GROUP BY timestamp ORDER BY timestamp
"""

# Intraday ones come by the hundred a minute, so each tier is asked by itself. A daily job that
# catches up sees a year's detections in one moment: these are told by their bars.
RECENT = f"""
(SELECT {COLUMNS} FROM intraday_patterns ORDER BY detection_timestamp DESC LIMIT %(most)s)
UNION ALL
(SELECT {COLUMNS} FROM daily_patterns ORDER BY timestamp DESC LIMIT %(half)s)
UNION ALL
(SELECT {COLUMNS} FROM combo_patterns ORDER BY detection_timestamp DESC LIMIT %(half)s)
"""


def newest_bar() -> datetime | None:
    """Start of the newest stored minute; a replay's minutes lie in the past."""
    found = columns(NEWEST_BAR)
    return found[0][0] if found else None


def symbols_with_sparklines(newest: datetime | None) -> list[dict[str, Any]]:
    """Each symbol of the last hour with its closes (every other minute), name and sector."""
    if newest is None:
        return []
    closes = dict(columns(SPARKLINES, {"newest": newest}))
    names = {symbol: (name, sector) for symbol, name, sector in columns(NAMES, [list(closes)])}
    return [
        {"symbol": symbol, "name": name, "sector": sector, "spark": closes[symbol]}
        for symbol in sorted(closes)
        for name, sector in [names.get(symbol, ("", ""))]
    ]


def rates_by_minute(newest: datetime | None) -> list[tuple[int, float]]:
    """Ticks a second of each of the last minutes, from the trades that its bars counted."""
    if newest is None:
        return []
    found = columns(RATES, [newest - timedelta(minutes=RATE_MINUTES), newest])
    return [(to_ms(moment), round(float(rate), 1)) for moment, rate in found]


def recent_detections(limit: int) -> list[dict[str, Any]]:
    """The newest `limit` intraday detections, and half as many of each other tier."""
    found = rows(RECENT, {"most": limit, "half": (limit + 1) // 2})
    newest_first = sorted(found, key=lambda row: row["detection_timestamp"], reverse=True)
    return [pattern_of(row) for row in newest_first]


def clock(status: MarketStatus, now: datetime, calendar: str, zone: str) -> dict[str, Any]:
    """The market's clock as the page shows it; times are ISO 8601 UTC or null."""
    moments = {
        "now": now,
        "opens_at": status.opens_at,
        "closes_at": status.closes_at,
        "next_open": status.next_open,
    }
    texts = {name: utc_iso(to_ms(moment)) if moment else None for name, moment in moments.items()}
    return {
        "calendar": calendar,
        "zone": zone,
        "is_open": status.is_open,
        "phase": status.phase,
    } | texts
