"""Text frames as browsers get them: one encoding for all clients."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()


def utc_iso(time_ms: float) -> str:
    """ISO 8601 in UTC, to the millisecond, of Unix milliseconds."""
    moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode(message: dict[str, Any]) -> str:
    """The message as one text frame; NaN and infinity become null."""
    return _encoder.encode(message).decode()


def event(kind: str, now_ms: float, **payload: Any) -> str:
    """A text frame of an event that begins here: `type`, `event_id`, `timestamp`, payload."""
    head = {"type": kind, "event_id": str(uuid.uuid4()), "timestamp": utc_iso(now_ms)}
    return encode(head | payload)


def unix_ms(text: object) -> float:
    """Unix milliseconds of an ISO 8601 time with an offset; 0 for anything else."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return 0.0
    return moment.timestamp() * 1000 if moment.tzinfo else 0.0
