"""Events that are committed with what they tell of, and published afterwards, at least once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import msgspec

BLOCK = 500
ADD = "COPY event_outbox (channel, event) FROM STDIN"
PENDING = "SELECT id, channel, event FROM event_outbox ORDER BY id LIMIT %s"
# One sender at a time, or a listener would hear events out of their order.
LOCK = "SELECT pg_advisory_lock(hashtext('event_outbox'))"
UNLOCK = "SELECT pg_advisory_unlock(hashtext('event_outbox'))"
FORGET = "DELETE FROM event_outbox WHERE id = ANY(%s)"


def add(cursor: Any, channel: str, events: Iterable[Mapping[str, Any]]) -> None:
    """Leave events for publishing, in their order, in the caller's transaction."""
    waiting = iter(events)
    with cursor.copy(ADD) as copy:
        while block := list(islice(waiting, BLOCK)):
            copy.write(_lines(channel, block))


def _lines(channel: str, events: Sequence[Mapping[str, Any]]) -> str:
    """COPY's text format. JSON has neither tabs nor ends of lines in it; a backslash is doubled."""
    encoded = [msgspec.json.encode(event).decode() for event in events]
    return "".join([f"{channel}\t{event}\n" for event in encoded]).replace("\\", "\\\\")


def pending(cursor: Any, limit: int = 1000) -> list[tuple[int, str, str]]:
    """The oldest unpublished events: (id, channel, encoded event), in the order of commits."""
    cursor.execute(PENDING, [limit])
    return list(cursor.fetchall())


def forget(cursor: Any, ids: Sequence[int]) -> None:
    """Delete events that have been published."""
    cursor.execute(FORGET, [list(ids)])


@contextmanager
def sending(cursor: Any) -> Iterator[None]:
    """Be the only one that sends; a sender whose connection ends leaves its place."""
    cursor.execute(LOCK)
    try:
        yield
    finally:
        cursor.execute(UNLOCK)
