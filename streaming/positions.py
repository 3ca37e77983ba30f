"""Where a stream stands in the database: the row that a start, which is a recovery, reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from market.calendar import from_ms, to_ms
from streaming.journal import START, JournalName
from streaming.models import StreamPosition

SAVE = """
INSERT INTO stream_positions AS p (feed, shard, epoch, source, applied_id, resume_id, rewind_id,
    stored_through, analysed_through, updated_at)
VALUES (%(feed)s, %(shard)s, %(epoch)s, %(source)s, %(applied_id)s, %(resume_id)s, %(rewind_id)s,
    %(stored_through)s, %(analysed_through)s, now())
ON CONFLICT (feed, shard) DO UPDATE SET epoch = excluded.epoch, source = excluded.source,
    applied_id = excluded.applied_id, resume_id = excluded.resume_id,
    rewind_id = excluded.rewind_id,
    stored_through = excluded.stored_through, analysed_through = excluded.analysed_through,
    updated_at = now()
WHERE p.epoch <> excluded.epoch OR string_to_array(p.applied_id, '-')::int8[]
    <= string_to_array(excluded.applied_id, '-')::int8[]
"""


class Overtaken(RuntimeError):
    """Another process has taken this shard further: what this one holds is out of date."""

    def __init__(self, position: Position) -> None:
        super().__init__(
            f"shard {position.shard} of {position.feed}: another process has stored more than "
            f"this one, up to {position.applied_id}; it held the lease for too long without a sign"
        )


@dataclass(frozen=True, slots=True)
class Position:
    """One shard's place. Ids are journal entries; `…_through_ms` ends of minutes, 0 for none."""

    feed: str
    shard: int
    epoch: str
    source: str
    applied_id: str = START
    resume_id: str = START
    rewind_id: str = START
    stored_through_ms: int = 0
    analysed_through_ms: int = 0

    @property
    def journal(self) -> JournalName:
        return JournalName(self.feed, self.epoch, self.shard)


def load(feed: str, shard: int) -> Position | None:
    """The stored place of a shard, or None before its first start."""
    row = StreamPosition.objects.filter(feed=feed, shard=shard).first()
    if row is None:
        return None
    return Position(
        feed=row.feed,
        shard=row.shard,
        epoch=row.epoch,
        source=row.source,
        applied_id=row.applied_id,
        resume_id=row.resume_id,
        rewind_id=row.rewind_id,
        stored_through_ms=to_ms(row.stored_through) if row.stored_through else 0,
        analysed_through_ms=to_ms(row.analysed_through) if row.analysed_through else 0,
    )


def save(cursor: Any, position: Position) -> None:
    """Write the place, inside the caller's transaction. Raises `Overtaken`, never goes back."""
    fields = {name: getattr(position, name) for name in Position.__slots__}
    for name in ("stored_through", "analysed_through"):
        time_ms = fields.pop(f"{name}_ms")
        fields[name] = from_ms(time_ms) if time_ms else None
    cursor.execute(SAVE, fields)
    if cursor.rowcount == 0:
        raise Overtaken(position)
