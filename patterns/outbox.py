"""Events that are committed with what they tell of, and published afterwards, at least once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

ADD = """
INSERT INTO event_outbox (channel, event)
SELECT %s, event::text
FROM json_array_elements(%s::json) WITH ORDINALITY AS made (event, place) ORDER BY place
"""
PENDING = "SELECT id, channel, event FROM event_outbox ORDER BY id LIMIT %s"
FORGET = "DELETE FROM event_outbox WHERE id = ANY(%s)"


def add(cursor: Any, channel: str, events: Sequence[Mapping[str, Any]]) -> None:
    """Leave events for publishing, in their order, in the caller's transaction."""
    if events:
        cursor.execute(ADD, [channel, msgspec.json.encode(events).decode()])


def pending(cursor: Any, limit: int = 1000) -> list[tuple[int, str, str]]:
    """The oldest unpublished events: (id, channel, encoded event), in the order of commits."""
    cursor.execute(PENDING, [limit])
    return list(cursor.fetchall())


def forget(cursor: Any, ids: Sequence[int]) -> None:
    """Delete events that have been published."""
    cursor.execute(FORGET, [list(ids)])
