"""Detections and indicators of one symbol, newest first, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from market.calendar import to_ms
from streaming.web.bars import EARLIEST, LATEST, MINUTES, BarQuery
from streaming.web.catchup import COLUMNS, pattern_of
from streaming.web.cursors import decode_cursor, encode_cursor
from streaming.web.database import from_json, rows
from streaming.web.frames import utc_iso
from streaming.web.longer_indicators import computed_indicators

SPAN = """symbol = %(symbol)s AND timestamp >= %(start)s AND timestamp < %(end)s
  AND (%(timeframe)s::text IS NULL OR timeframe = %(timeframe)s)"""

DETECTIONS = f"""
SELECT {COLUMNS}, detection_key FROM intraday_patterns
WHERE {SPAN} AND (timestamp, detection_key) < (%(before)s, %(key)s)
ORDER BY timestamp DESC, detection_key DESC LIMIT %(limit)s
"""

INDICATORS = f"""
SELECT timestamp, timeframe, jsonb_object_agg(indicator_name, value) AS values
FROM intraday_indicators
WHERE {SPAN} AND (timestamp, timeframe) < (%(before)s, %(key)s)
GROUP BY timestamp, timeframe ORDER BY timestamp DESC, timeframe DESC LIMIT %(limit)s
"""

EVIDENCE = ("levels", "geometry", "parts")


@dataclass(frozen=True, slots=True)
class Page:
    """Which history: `[start, end)` of one symbol, and the place after which the page begins."""

    symbol: str
    tier: str | None = None
    timeframe: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    limit: int = 100
    cursor: str | None = None

    def parameters(self) -> dict[str, Any]:
        """Parameters of both queries; `BadCursor` for a cursor that is none of ours."""
        before, key = decode_cursor(self.cursor) if self.cursor else (LATEST, "")
        return {
            "symbol": self.symbol,
            "timeframe": self.timeframe,
            "start": self.start or EARLIEST,
            "end": self.end or LATEST,
            "before": before,
            "key": key,
            "limit": self.limit + 1,
        }


Found = tuple[list[dict[str, Any]], str | None]


def detections_of(page: Page) -> Found:
    """One page of detections as contract `pattern` objects, and the next page's cursor."""
    if page.tier not in (None, "intraday"):
        return [], None
    found, following = _cut(rows(DETECTIONS, page.parameters()), page.limit, "detection_key")
    return [pattern_of(row) | evidence_of(row) for row in found], following


def evidence_of(row: dict[str, Any]) -> dict[str, Any]:
    """What a chart draws and a trader reads of a stored detection, as far as it has it."""
    data = from_json(row["pattern_data"])
    return {name: data[name] for name in EVIDENCE if name in data}


def indicators_of(page: Page) -> Found:
    """One page of bars with their indicators' values, and the next page's cursor.

    Those of 1m are stored; those of longer bars are computed from the bars.
    """
    if page.timeframe in MINUTES and page.timeframe != "1m":
        return _computed(page)
    if page.tier not in (None, "intraday"):
        return [], None
    found, following = _cut(rows(INDICATORS, page.parameters()), page.limit, "timeframe")
    items = [
        {
            "bar_timestamp": utc_iso(to_ms(row["timestamp"])),
            "timeframe": row["timeframe"],
            "values": from_json(row["values"]),
        }
        for row in found
    ]
    return items, following


def _computed(page: Page) -> Found:
    tier = "daily" if page.timeframe == "1d" else "intraday"
    if page.tier not in (None, tier):
        return [], None
    end = page.end
    if page.cursor:
        before, _ = decode_cursor(page.cursor)
        end = min(before, end or LATEST)
    query = BarQuery(page.symbol, str(page.timeframe), page.start, end, page.limit + 1)
    items = computed_indicators(query)
    if len(items) <= page.limit:
        return items, None
    last = items[page.limit - 1]
    place = (datetime.fromisoformat(last["bar_timestamp"]), last["timeframe"])
    return items[: page.limit], encode_cursor(place)


def _cut(found: list[dict[str, Any]], limit: int, key: str) -> Found:
    """The page without the one row too many that tells whether there is another page."""
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], encode_cursor((last["timestamp"], last[key]))
