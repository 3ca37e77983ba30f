"""The messages of Massive's WebSocket, typed, and how a frame that is not quite right is read.

Pure. A frame is decoded as a whole; where that fails, message by message; and where it is not
even JSON, every object that can be made out in it is tried. So one bad message costs only itself.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

# JSON numbers above this are not exact in other languages, and no field comes near it.
Whole = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
# A salvaged frame of 4 MB can hold 80,000 real trades; past this, it is junk.
MOST_SALVAGED = 100_000
FLAT_OBJECT = re.compile(rb"\{[^{}]*\}")
SAMPLE_BYTES = 200
NAN = float("nan")


class Trade(msgspec.Struct, tag_field="ev", tag="T", gc=False):
    """`s` is 0 and `ds` has the size for fractional trades; `c` may be absent."""

    sym: str
    p: float
    t: Whole
    s: float = NAN
    ds: str | None = None
    c: list[Whole] | None = None
    x: Whole = 0
    i: str = ""
    q: Whole = 0
    trfi: Whole = 0


class Status(msgspec.Struct, tag_field="ev", tag="status"):
    """The server's answers: connected, auth_success, success, error, max_connections, …"""

    status: str
    message: str = ""


class LimitBand(msgspec.Struct, tag_field="ev", tag="LULD"):
    """Limit up, limit down; indicators 17 and 18 are halt and resumption."""

    T: str
    t: Whole
    i: list[Whole] = []


class SecondBar(msgspec.Struct, tag_field="ev", tag="A"):
    """Known, and not wanted."""


class MinuteBar(msgspec.Struct, tag_field="ev", tag="AM"):
    """Known, and not wanted."""


class Quote(msgspec.Struct, tag_field="ev", tag="Q"):
    """Known, and not wanted."""


class Kind(msgspec.Struct):
    """What any message has."""

    ev: str


Message = Trade | Status | LimitBand | SecondBar | MinuteBar | Quote
KNOWN_EVENTS = frozenset(("T", "status", "LULD", "A", "AM", "Q"))
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_frame = msgspec.json.Decoder(list[Message])
_pieces = msgspec.json.Decoder(list[msgspec.Raw])
_message = msgspec.json.Decoder(Message)
_kind = msgspec.json.Decoder(Kind)


@dataclass
class Rejected:
    """What was set aside, counted by reason, with a sample of each."""

    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, bytes] = field(default_factory=dict)

    def add(self, reason: str, sample: bytes = b"", count: int = 1) -> None:
        """Count `count` more."""
        if count:
            self.counts[reason] += count
            self.samples.setdefault(reason, bytes(sample[:SAMPLE_BYTES]))


def messages(frame: bytes, rejected: Rejected) -> list[Message]:
    """The messages of one frame that can be understood; the others are counted."""
    try:
        return _frame.decode(frame)
    except UNREADABLE:
        return _salvaged(_split(frame, rejected), rejected)


def _split(frame: bytes, rejected: Rejected) -> list[bytes]:
    try:
        return [bytes(piece) for piece in _pieces.decode(frame)]
    except UNREADABLE:
        rejected.add("malformed_frame", frame)
        return FLAT_OBJECT.findall(frame)


def _salvaged(pieces: list[bytes], rejected: Rejected) -> list[Message]:
    found: list[Message] = []
    for piece in pieces[:MOST_SALVAGED]:
        try:
            found.append(_message.decode(piece))
        except UNREADABLE:
            rejected.add(_reason(piece), piece)
    rejected.add("too_many_messages", count=max(0, len(pieces) - MOST_SALVAGED))
    return found


def _reason(piece: bytes) -> str:
    try:
        event = _kind.decode(piece).ev
    except UNREADABLE:
        return "bad_message"
    return "bad_message" if event in KNOWN_EVENTS else "unknown_event"
