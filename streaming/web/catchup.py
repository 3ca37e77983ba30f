"""Detections from the database by `seq`, in the very shape in which they are published."""

from __future__ import annotations

from typing import Any

from patterns.events import event_type
from patterns.identity import event_id
from streaming.web.database import from_json, rows
from streaming.web.detections import DetectionEntry
from streaming.web.frames import encode

PAGE = 500

COLUMNS = """detection_id, seq, state, symbol, pattern_type, timeframe, tier, direction,
    confidence, price, timestamp, detection_timestamp, state_timestamp, flow_id, pattern_data"""
AFTER = f"SELECT {COLUMNS} FROM detections WHERE seq > %s ORDER BY seq LIMIT %s"
NEWEST = "SELECT coalesce(max(seq), 0) AS seq FROM detections"


def detections_after(seq: int, limit: int = PAGE) -> list[DetectionEntry]:
    """The next detections after `seq`, oldest first; an empty list at the end."""
    return [entry(row) for row in rows(AFTER, [seq, limit])]


def newest_seq() -> int:
    """The highest `seq` given out so far, 0 without any."""
    return int(rows(NEWEST)[0]["seq"])


def pattern_of(row: dict[str, Any]) -> dict[str, Any]:
    """The contract's `pattern` object of a stored detection."""
    plain = ("seq", "state", "symbol", "pattern_type", "timeframe", "tier", "direction")
    return {
        "detection_id": str(row["detection_id"]),
        **{name: row[name] for name in plain},
        "confidence": row["confidence"],
        "price": row["price"],
        "bar_timestamp": row["timestamp"].isoformat(),
        "detection_timestamp": row["detection_timestamp"].isoformat(),
        "flow_id": str(row["flow_id"]) if row["flow_id"] else None,
        "holds": bool(from_json(row["pattern_data"]).get("holds", True)),
    }


def entry(row: dict[str, Any]) -> DetectionEntry:
    """A stored detection as the event that announced its state; the same row, the same event."""
    pattern = pattern_of(row)
    message = {
        "type": event_type(row["state"]),
        "event_id": event_id(pattern["detection_id"], row["seq"]),
        "timestamp": (row["state_timestamp"] or row["detection_timestamp"]).isoformat(),
        "pattern": pattern,
    }
    return DetectionEntry(row["seq"], pattern, encode(message))
