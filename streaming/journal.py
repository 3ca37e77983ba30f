"""The journal: decoded columns in a Redis stream, before anything is made of them.

One entry is one `TickBatch`, a clock or a gap. Ids are made by the single writer, so that an
append whose answer was lost can be repeated without doubling its ticks. The symbol table is a
Redis list beside the stream.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import redis

from streaming.feeds.base import FeedGap
from streaming.ticks import COLUMN_TYPES, SymbolTable, TickBatch, empty_batch

PREFIX = "tickstock:journal"
START = "0-0"
READ_COUNT = 256


class Kind(StrEnum):
    """What an entry holds."""

    TICKS = "t"
    CLOCK = "c"
    GAP = "g"


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal entry. `clock_ms`: the feed's newest event time; `position`: the feed's own."""

    entry_id: str
    kind: Kind
    clock_ms: int
    batch: TickBatch
    gap: FeedGap | None = None
    position: bytes = b""
    received_ms: int = 0


@dataclass(frozen=True, slots=True)
class JournalName:
    """The Redis keys of one epoch of a feed's journal."""

    feed: str
    epoch: str
    shard: int = 0

    @property
    def stream(self) -> str:
        return f"{PREFIX}:{self.feed}:{self.epoch}:{self.shard}"

    @property
    def symbols(self) -> str:
        return f"{PREFIX}:{self.feed}:{self.epoch}:symbols"


def id_parts(entry_id: str) -> tuple[int, int]:
    """An id as numbers that compare in journal order."""
    head, _, tail = entry_id.partition("-")
    return int(head), int(tail or 0)


# The widest columns come first, so that every column starts where its type is aligned.
STORED_ORDER = sorted(COLUMN_TYPES, key=lambda name: -np.dtype(COLUMN_TYPES[name]).itemsize)


def encode_batch(batch: TickBatch) -> bytes:
    """The columns end to end, little-endian."""
    return b"".join(getattr(batch, name).tobytes() for name in STORED_ORDER)


ROW_BYTES = sum(np.dtype(kind).itemsize for kind in COLUMN_TYPES.values())


def decode_batch(data: bytes) -> TickBatch:
    """The inverse of `encode_batch`."""
    count, rest = divmod(len(data), ROW_BYTES)
    if rest:
        raise ValueError(f"journal entry of {len(data)} bytes is no multiple of {ROW_BYTES}")
    # A copy that may be written to: compiled code tells read-only arrays apart by type.
    buffer, columns, offset = bytearray(data), {}, 0
    for name in STORED_ORDER:
        kind = np.dtype(COLUMN_TYPES[name])
        columns[name] = np.frombuffer(buffer, kind, count, offset)
        offset += count * kind.itemsize
    return TickBatch(**columns)


def encode_gap(gap: FeedGap) -> bytes:
    """A gap as JSON."""
    fields = (gap.started_ms, gap.ended_ms, gap.cause, gap.symbols)
    return json.dumps(fields).encode()


def decode_gap(data: bytes) -> FeedGap:
    """The inverse of `encode_gap`."""
    started_ms, ended_ms, cause, symbols = json.loads(data)
    return FeedGap(started_ms, ended_ms, cause, tuple(symbols) if symbols is not None else None)


def decode_entry(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    """An entry as Redis returns it."""
    kind = Kind(fields[b"k"].decode())
    data = fields.get(b"d", b"")
    return Entry(
        entry_id=entry_id.decode(),
        kind=kind,
        clock_ms=int(fields[b"c"]),
        batch=decode_batch(data) if kind is Kind.TICKS else empty_batch(),
        gap=decode_gap(data) if kind is Kind.GAP else None,
        position=fields.get(b"p", b""),
        received_ms=int(fields.get(b"r", b"0")),
    )


class Journal:
    """One epoch's journal: appended to by one writer, read by its bars."""

    def __init__(self, client: redis.Redis, name: JournalName) -> None:
        self.client, self.name = client, name
        self._symbols_written = 0
        self._last = (0, 0)

    def open(self, symbols: SymbolTable, after: str = START) -> None:
        """Take up the journal where it ends; fills `symbols` with its table."""
        for raw in self.client.lrange(self.name.symbols, len(symbols), -1):
            symbols.id(raw.decode())
        self._symbols_written = len(symbols)
        self._last = max(id_parts(self.last_id()), id_parts(after), self._last)

    def last_id(self) -> str:
        """The id of the newest entry, or `0-0`."""
        newest = self.client.xrevrange(self.name.stream, count=1)
        return newest[0][0].decode() if newest else START

    def last_position(self) -> bytes:
        """The feed's newest own position, or nothing where the journal has none."""
        upper = "+"
        while rows := self.client.xrevrange(self.name.stream, upper, "-", count=READ_COUNT):
            for _, fields in rows:
                if fields.get(b"p"):
                    return fields[b"p"]
            upper = "(" + rows[-1][0].decode()
        return b""

    def next_id(self) -> str:
        """A new id, later than every earlier one."""
        now = time.time_ns() // 1_000_000
        head, tail = self._last
        self._last = (now, 0) if now > head else (head, tail + 1)
        return f"{self._last[0]}-{self._last[1]}"

    def append(
        self, entry: Entry, symbols: SymbolTable, others: Sequence[tuple[Journal, Entry]] = ()
    ) -> None:
        """Write one entry and the names that it is the first to use; repeating it is harmless.

        others: the same entry's parts in the journals of other shards; all are written, or none.
        """
        count = len(symbols)
        # One command is whole by itself; nearly every append is one.
        several = count > self._symbols_written or bool(others)
        pipe = self.client.pipeline(transaction=several)
        if count > self._symbols_written:
            known = self.client.llen(self.name.symbols)
            if count > known:
                pipe.rpush(self.name.symbols, *symbols.names[known:count])
        for journal, part in [(self, entry), *others]:
            pipe.xadd(journal.name.stream, _fields(part), id=part.entry_id)
        try:
            pipe.execute()
        except redis.ResponseError as error:
            if "equal or smaller" not in str(error):
                raise
        self._symbols_written = count

    def read(self, after: str, count: int = READ_COUNT) -> list[Entry]:
        """The entries after an id, oldest first; at most `count`."""
        rows = self.client.xrange(self.name.stream, "(" + after, "+", count=count)
        return [decode_entry(entry_id, fields) for entry_id, fields in rows]

    def wait(self, after: str, block_ms: int, count: int = READ_COUNT) -> list[Entry]:
        """As `read`, but waits up to `block_ms` for the first."""
        answer = self.client.xread({self.name.stream: after}, count=count, block=block_ms)
        return [decode_entry(i, f) for i, f in answer[0][1]] if answer else []

    def entries(self, start: str, end: str) -> Iterator[Entry]:
        """Every entry in [start, end], oldest first."""
        lower = start
        while rows := self.client.xrange(self.name.stream, lower, end, count=READ_COUNT):
            for entry_id, fields in rows:
                yield decode_entry(entry_id, fields)
            lower = "(" + rows[-1][0].decode()

    def refresh_symbols(self, symbols: SymbolTable) -> None:
        """Learn the names that the writer added."""
        for raw in self.client.lrange(self.name.symbols, len(symbols), -1):
            symbols.id(raw.decode())

    def trim(self, oldest_kept: str) -> None:
        """Forget the entries before an id."""
        self.client.xtrim(self.name.stream, minid=oldest_kept, approximate=True)

    def __len__(self) -> int:
        return self.client.xlen(self.name.stream)


def _fields(entry: Entry) -> dict[str, bytes | int | str]:
    fields: dict[str, bytes | int | str] = {"k": entry.kind.value, "c": entry.clock_ms}
    if entry.kind is Kind.TICKS:
        fields["d"] = encode_batch(entry.batch)
        fields["r"] = entry.received_ms
    elif entry.gap is not None:
        fields["d"] = encode_gap(entry.gap)
    if entry.position:
        fields["p"] = entry.position
    return fields
