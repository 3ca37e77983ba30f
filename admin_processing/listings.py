"""What operators may look through, newest first: tables whose keys Django admin refuses.

A new listing is one entry of `LISTINGS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from streaming.web.cursors import Place, decode_cursor, encode_cursor
from streaming.web.database import rows

PAGE = 100


@dataclass(frozen=True, slots=True)
class Listing:
    """One table: its columns as SQL by heading, what it can be filtered by, and its key.

    Rows are in the order of (timestamp, key), newest first; `key` is SQL that tells rows of one
    time apart. `permission` is Django's.
    """

    slug: str
    title: str
    permission: str
    source: str
    columns: dict[str, str]
    filters: tuple[str, ...]
    key: str
    timestamp: str = "timestamp"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page of a listing: values by filter (empty ones do not filter), times, and the place."""

    filters: dict[str, str]
    start: datetime | None = None
    end: datetime | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as text-ready values, in the order of the columns; `following` is the next cursor."""

    rows: list[list[Any]]
    following: str | None


_BAR_COLUMNS = {
    "Time (UTC)": "timestamp",
    "Symbol": "symbol",
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Volume": "volume",
    "VWAP": "vwap",
    "Trades": "trade_count",
    "Partial": "is_partial",
    "Revision": "revision",
    "Source": "source",
}

_DETECTION_COLUMNS = {
    "Bar (UTC)": "timestamp",
    "Symbol": "symbol",
    "Tier": "tier",
    "Pattern": "pattern_type",
    "Timeframe": "timeframe",
    "Direction": "direction",
    "Confidence": "confidence",
    "Price": "price",
    "State": "state",
    "Life": (
        "(SELECT string_agg((step ->> 0) || ' ' || to_char("
        "to_timestamp((step ->> 1)::float8 / 1000) AT TIME ZONE 'UTC', 'MM-DD HH24:MI'), ', ')"
        " FROM jsonb_array_elements(coalesce(life, '[]')) AS step)"
    ),
    "Detected (UTC)": "detection_timestamp",
    "Seq": "seq",
    "Flow": "flow_id",
}
_LEGS = (
    "(SELECT string_agg((leg ->> 'pattern_type') || ' ' || (leg ->> 'timeframe') || ' '"
    " || (leg ->> 'state'), ' + ')"
    " FROM jsonb_array_elements(coalesce(pattern_data -> 'legs', '[]')) AS leg)"
)
_INDICATOR_COLUMNS = {
    "Bar (UTC)": "timestamp",
    "Symbol": "symbol",
    "Timeframe": "timeframe",
    "Values": (
        "(SELECT string_agg(name || ' ' || round(value::numeric, 4), '  ')"
        " FROM unnest(named.names, bar.values) AS pair (name, value)"
        " WHERE value <> 'NaN'::float8)"
    ),
    "Calculated (UTC)": "calculation_timestamp",
}
_NAMED = "AS bar JOIN indicator_sets AS named ON named.id = set_id"

LISTINGS = {
    listing.slug: listing
    for listing in (
        Listing(
            "bars",
            "Minute bars",
            "market.view_minutebar",
            "ohlcv_1min",
            _BAR_COLUMNS,
            ("symbol", "source", "is_partial"),
            "symbol",
        ),
        Listing(
            "daily-bars",
            "Daily bars",
            "market.view_dailybar",
            "ohlcv_daily",
            _BAR_COLUMNS,
            ("symbol", "source"),
            "symbol",
        ),
        Listing(
            "rolled-bars",
            "Bars of 5m to 1h",
            "market.view_rolledbar",
            "ohlcv_rolled",
            {
                "Time (UTC)": "timestamp",
                "Symbol": "symbol",
                "Timeframe": "timeframe",
                **{name.title(): name for name in ("open", "high", "low", "close", "volume")},
                "VWAP": "vwap",
                "Partial": "is_partial",
            },
            ("symbol", "timeframe", "is_partial"),
            "symbol || ' ' || timeframe",
        ),
        Listing(
            "splits",
            "Splits",
            "market.view_split",
            "splits",
            {
                "Day": "execution_date",
                "Symbol": "symbol",
                "Old shares": "split_from",
                "New shares": "split_to",
            },
            ("symbol",),
            "symbol",
            "(execution_date::timestamp AT TIME ZONE 'UTC')",
        ),
        Listing(
            "detections",
            "Detections of all tiers",
            "patterns.view_intradaypattern",
            "detections",
            _DETECTION_COLUMNS,
            ("symbol", "tier", "timeframe", "pattern_type", "direction", "state"),
            "symbol || ' ' || detection_key",
        ),
        Listing(
            "combos",
            "Combos and their legs",
            "patterns.view_combopattern",
            "combo_patterns",
            {
                "Trigger (UTC)": "timestamp",
                "Symbol": "symbol",
                "Rule": "pattern_type",
                "Title": "pattern_data ->> 'title'",
                "Legs": _LEGS,
                **{
                    name: _DETECTION_COLUMNS[name]
                    for name in ("Direction", "Confidence", "State", "Life", "Detected (UTC)")
                },
            },
            ("symbol", "pattern_type", "direction", "state"),
            "symbol || ' ' || detection_key",
        ),
        Listing(
            "indicators",
            "Indicators",
            "patterns.view_indicatorvalues",
            f"intraday_indicator_values {_NAMED}",
            _INDICATOR_COLUMNS,
            ("symbol", "timeframe"),
            "symbol || ' ' || timeframe",
        ),
        Listing(
            "daily-indicators",
            "Daily indicators",
            "patterns.view_dailyindicatorvalues",
            f"daily_indicator_values {_NAMED}",
            _INDICATOR_COLUMNS,
            ("symbol",),
            "symbol || ' ' || timeframe",
        ),
        Listing(
            "flow",
            "Flow log",
            "streaming.view_integrationevent",
            "integration_events",
            {
                "Time (UTC)": "timestamp",
                "Flow": "flow_id",
                "Stage": "stage",
                "Symbol": "symbol",
                "Detail": "detail::text",
            },
            ("flow_id", "stage", "symbol"),
            "event_id::text",
        ),
    )
}


def read_page(listing: Listing, wanted: Wanted) -> Page:
    """One page; raises `BadCursor` for a cursor that is none of ours."""
    conditions = ["TRUE"]
    parameters: list[Any] = []
    for name in listing.filters:
        if wanted.filters.get(name):
            conditions.append(f"{name}::text ILIKE %s")
            parameters.append(wanted.filters[name])
    for operator, moment in ((">=", wanted.start), ("<", wanted.end)):
        if moment is not None:
            conditions.append(f"{listing.timestamp} {operator} %s")
            parameters.append(moment)
    if wanted.cursor:
        conditions.append(f"({listing.timestamp}, {listing.key}) < (%s, %s)")
        parameters.extend(decode_cursor(wanted.cursor))
    found = rows(_select(listing, conditions), [*parameters, PAGE + 1])
    return _page(listing, found)


def _select(listing: Listing, conditions: list[str]) -> str:
    columns = ", ".join(f"{sql} AS c{n}" for n, sql in enumerate(listing.columns.values()))
    order = f"{listing.timestamp} DESC, {listing.key} DESC"
    return (
        f"SELECT {listing.timestamp} AS place_time, {listing.key} AS place_key, {columns} "
        f"FROM {listing.source} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT %s"
    )


def _page(listing: Listing, found: list[dict[str, Any]]) -> Page:
    shown = found[:PAGE]
    values = [[row[f"c{n}"] for n in range(len(listing.columns))] for row in shown]
    if len(found) <= PAGE:
        return Page(values, None)
    place: Place = (shown[-1]["place_time"], shown[-1]["place_key"])
    return Page(values, encode_cursor(place))
