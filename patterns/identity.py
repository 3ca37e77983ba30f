"""Ids that follow from what they name, so that the same input gives the same ids anywhere."""

from __future__ import annotations

from uuid import UUID, uuid5

NAMESPACE = UUID("6f0d3c0e-5b0a-5d5e-9d0b-7c1d5a3e2f41")


def detection_id(symbol: str, detection_key: str, bar_time_ms: int) -> UUID:
    """The detection of this key on this bar."""
    return uuid5(NAMESPACE, f"{symbol}|{detection_key}|{bar_time_ms}")


def flow_id(symbol: str, bar_time_ms: int) -> UUID:
    """The flow of one bar, from its ticks to what was seen in it."""
    return uuid5(NAMESPACE, f"flow|{symbol}|{bar_time_ms}")


def event_id(detection: UUID, seq: int) -> UUID:
    """The event that tells of a detection's state number `seq`."""
    return uuid5(NAMESPACE, f"event|{detection}|{seq}")
