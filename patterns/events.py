"""The event that tells of a detection."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from market.calendar import from_ms
from patterns.analysis import FORMED, REVISED, Detection
from patterns.identity import event_id

CHANNEL = "tickstock:patterns:streaming"
DAILY_CHANNEL = "tickstock:patterns:detected"
OLDER_DAILY_CHANNEL = "tickstock.events.patterns"


def channels(tier: str) -> tuple[str, ...]:
    """Where detections of a tier go out; the live channel has them all, for browsers."""
    if tier == "daily":
        return CHANNEL, DAILY_CHANNEL, OLDER_DAILY_CHANNEL
    return (CHANNEL, DAILY_CHANNEL) if tier == "combo" else (CHANNEL,)


def event_type(state: str) -> str:
    """What a detection's event is called: first seen, changed by a late trade, or gone on."""
    names = {FORMED: "pattern_detected", REVISED: "pattern_revised"}
    return names.get(state, "pattern_state")


def detection_event(
    detection: Detection, seq: int, flow: str, first_seen: datetime, now: datetime
) -> dict[str, Any]:
    """The contract's `pattern_detected`, `pattern_revised` or `pattern_state`.

    flow: the id of the bar's flow. `holds` is false where a revision took the pattern away. The
    event's id follows from the detection and `seq`, so that a second delivery is known as one.
    """
    return {
        "type": event_type(detection.state),
        "event_id": event_id(detection.detection_id, seq),
        "timestamp": now.isoformat(),
        "pattern": _pattern(detection, seq, flow, first_seen),
    }


def _pattern(detection: Detection, seq: int, flow: str, first_seen: datetime) -> dict[str, Any]:
    return {
        "detection_id": detection.detection_id,
        "seq": seq,
        "state": detection.state,
        "symbol": detection.symbol,
        "pattern_type": detection.pattern_type,
        "timeframe": detection.timeframe,
        "tier": detection.tier,
        "direction": detection.direction,
        "confidence": detection.confidence,
        "price": detection.price,
        "bar_timestamp": from_ms(detection.bar_time_ms).isoformat(),
        "detection_timestamp": first_seen.isoformat(),
        "flow_id": flow,
        "holds": bool(detection.pattern_data.get("holds", True)),
    }
