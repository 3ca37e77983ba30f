"""Detections of one symbol in all tiers, newest first, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from market.calendar import from_ms
from patterns.registry import near_match, standard
from patterns.tiers import COMBO_TIER, DAILY_TIER, INTRADAY_TIER
from streaming.web.catchup import COLUMNS, pattern_of
from streaming.web.database import columns, from_json, rows
from streaming.web.frames import utc_iso
from streaming.web.pages import Found, Page

SOURCES = {None: "detections"} | {
    tier.name: tier.patterns for tier in (INTRADAY_TIER, DAILY_TIER, COMBO_TIER)
}
DETECTIONS = f"""
SELECT {COLUMNS}, detection_key, life FROM {{source}}
WHERE symbol = %(symbol)s AND timestamp >= %(start)s AND timestamp < %(end)s
    AND (%(timeframe)s::text IS NULL OR timeframe = %(timeframe)s)
    AND (%(pattern)s::text IS NULL OR pattern_type = %(pattern)s)
    AND (%(state)s::text IS NULL OR state = %(state)s)
    AND (timestamp, detection_key) < (%(before)s, %(key)s)
ORDER BY timestamp DESC, detection_key DESC LIMIT %(limit)s
"""
COMBO_KEYS = "SELECT key FROM combo_rules"
EVIDENCE = ("title", "levels", "geometry", "parts", "partial")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which detections of a page's: of one pattern or combo rule, in one state."""

    pattern: str | None = None
    state: str | None = None


def known_pattern(name: str) -> str:
    """The name of a pattern or a combo rule; raises UnknownDefinition with a near match."""
    detectors = {detector.pattern_type for detector in standard().detectors}
    known = detectors | {key for (key,) in columns(COMBO_KEYS)}
    if name not in known:
        raise near_match("pattern", name, known)
    return name


def detections_of(page: Page, chosen: Chosen = Chosen()) -> Found:
    """One page of detections as contract `pattern` objects with what is known of them beside."""
    wanted = page.parameters() | {"pattern": chosen.pattern, "state": chosen.state}
    found = rows(DETECTIONS.format(source=SOURCES[page.tier]), wanted)
    kept, following = page.cut(found, lambda row: (row["timestamp"], row["detection_key"]))
    return [pattern_of(row) | _life_of(row) | evidence_of(row) for row in kept], following


def _life_of(row: dict[str, Any]) -> dict[str, Any]:
    steps = from_json(row["life"]) or []
    return {"life": [{"state": state, "bar_timestamp": utc_iso(ms)} for state, ms in steps]}


def evidence_of(row: dict[str, Any]) -> dict[str, Any]:
    """What a chart draws and a trader reads of a stored detection, as far as it has it."""
    data = from_json(row["pattern_data"])
    found = {name: data[name] for name in EVIDENCE if name in data}
    if "legs" in data:
        found["legs"] = [_leg(leg) for leg in data["legs"]]
    return found


def _leg(leg: dict[str, Any]) -> dict[str, Any]:
    """A combo's leg, its bar's time as everywhere in the API."""
    kept = {name: value for name, value in leg.items() if name != "bar_time_ms"}
    return kept | {"bar_timestamp": from_ms(leg["bar_time_ms"]).isoformat()}
