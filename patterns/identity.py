"""Ids that follow from what they name, so that the same input gives the same ids anywhere.

They are UUIDs of version 5 (RFC 9562) as text. Python's own `uuid5` gives the same, with an object
between that costs five times as much; a minute of the whole market has thousands.
"""

from __future__ import annotations

from hashlib import sha1
from uuid import UUID

NAMESPACE = UUID("6f0d3c0e-5b0a-5d5e-9d0b-7c1d5a3e2f41")
_PREFIX = NAMESPACE.bytes


def named_id(name: str) -> str:
    """The version 5 UUID of `name` in TickStock's namespace."""
    digest = bytearray(sha1(_PREFIX + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def detection_id(symbol: str, detection_key: str, bar_time_ms: int) -> str:
    """The detection of this key on this bar."""
    return named_id(f"{symbol}|{detection_key}|{bar_time_ms}")


def flow_id(symbol: str, bar_time_ms: int, timeframe: str = "1m") -> str:
    """The flow of one bar, from its ticks to what was seen in it."""
    longer = "" if timeframe == "1m" else f"|{timeframe}"
    return named_id(f"flow|{symbol}|{bar_time_ms}{longer}")


def event_id(detection: str, seq: int) -> str:
    """The event that tells of a detection's state number `seq`."""
    return named_id(f"event|{detection}|{seq}")
