"""Detections from the database by `seq`, in the very shape in which they are published."""

from __future__ import annotations

import uuid
from typing import Any

from streaming.web.database import rows
from streaming.web.detections import DetectionEntry
from streaming.web.frames import encode, unix_ms, utc_iso

PAGE = 500

COLUMNS = """detection_id, seq, state, symbol, pattern_type, timeframe, direction, confidence,
    pattern_data, timestamp, detection_timestamp"""
AFTER = f"SELECT {COLUMNS} FROM intraday_patterns WHERE seq > %s ORDER BY seq LIMIT %s"
NEWEST = "SELECT coalesce(max(seq), 0) AS seq FROM intraday_patterns"

TYPE_OF_STATE = {"detected": "pattern_detected", "revised": "pattern_revised"}


def detections_after(seq: int, limit: int = PAGE) -> list[DetectionEntry]:
    """The next detections after `seq`, oldest first; an empty list at the end."""
    return [entry(row) for row in rows(AFTER, [seq, limit])]


def newest_seq() -> int:
    """The highest `seq` given out so far, 0 without any."""
    return int(rows(NEWEST)[0]["seq"])


def pattern_of(row: dict[str, Any]) -> dict[str, Any]:
    """The contract's `pattern` object of a stored detection."""
    data = row["pattern_data"] or {}
    return {
        "detection_id": str(row["detection_id"]),
        "seq": row["seq"],
        "state": row["state"],
        "symbol": row["symbol"],
        "pattern_type": row["pattern_type"],
        "timeframe": row["timeframe"],
        "tier": row.get("tier") or "intraday",
        "direction": row["direction"],
        "confidence": row["confidence"],
        "price": data.get("price"),
        "bar_timestamp": _iso(row["timestamp"]),
        "detection_timestamp": _iso(row["detection_timestamp"]),
        "flow_id": data.get("flow_id"),
    }


def entry(row: dict[str, Any]) -> DetectionEntry:
    """A stored detection as the event that announced it; the same row gives the same event."""
    pattern = pattern_of(row)
    kind = TYPE_OF_STATE.get(pattern["state"], "pattern_state")
    message = {
        "type": kind,
        "event_id": str(uuid.uuid5(uuid.UUID(pattern["detection_id"]), str(pattern["seq"]))),
        "timestamp": pattern["detection_timestamp"],
        "pattern": pattern,
    }
    return DetectionEntry(pattern["seq"], pattern, encode(message))


def _iso(moment: Any) -> str:
    return utc_iso(unix_ms(moment.isoformat()))
