"""Events that are committed with what they tell of, and published afterwards, at least once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

ADD = "COPY event_outbox (channel, event) FROM STDIN"
PENDING = "SELECT id, channel, event FROM event_outbox ORDER BY id LIMIT %s"
FORGET = "DELETE FROM event_outbox WHERE id = ANY(%s)"


def add(cursor: Any, channel: str, events: Sequence[Mapping[str, Any]]) -> None:
    """Leave events for publishing, in their order, in the caller's transaction."""
    if events:
        encoded = [msgspec.json.encode(event).decode() for event in events]
        # JSON has neither tabs nor line ends in it; a backslash is COPY's own.
        text = "".join(f"{channel}\t{event}\n" for event in encoded).replace("\\", "\\\\")
        with cursor.copy(ADD) as copy:
            copy.write(text)


def pending(cursor: Any, limit: int = 1000) -> list[tuple[int, str, str]]:
    """The oldest unpublished events: (id, channel, encoded event), in the order of commits."""
    cursor.execute(PENDING, [limit])
    return list(cursor.fetchall())


def forget(cursor: Any, ids: Sequence[int]) -> None:
    """Delete events that have been published."""
    cursor.execute(FORGET, [list(ids)])
