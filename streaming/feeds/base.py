"""What every feed is, and what it hands its ticks to.

A feed runs in a thread of its own and gives all that it sees to a sink. It keeps no state that a
restart would miss: its position rides in the journal and is handed back as `resume`.

Errors are grouped by what the caller does about them:

    FeedError
    ├── FeedAuthError      stop: trying again can not help (wrong key, not entitled)
    ├── FeedDisconnected   retry with back-off
    └── FeedConfigError    stop: the feed was asked for something impossible (tape, key, number)
    BadFrame               count it, set it aside, go on
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from streaming.ticks import SymbolTable, TickBatch


class FeedError(Exception):
    """Something ended the feed."""


class FeedAuthError(FeedError):
    """The provider refuses this key; trying again can not help."""


class FeedDisconnected(FeedError):
    """The connection ended; try again later."""


class FeedConfigError(FeedError):
    """The feed can not run as asked: says what, why, and what to do."""


class BadFrame(ValueError):
    """A frame, or a message in one, that can not be understood: counted and set aside."""


@dataclass(frozen=True, slots=True)
class FeedGap:
    """Ticks may be missing in `[started_ms, ended_ms)`; `symbols` None means all of them."""

    started_ms: int
    ended_ms: int
    cause: str
    symbols: tuple[str, ...] | None = None


class FeedSink(Protocol):
    """Where a feed puts what it sees. Calls return once the journal has it, or a bound is hit."""

    symbols: SymbolTable

    def ticks(self, batch: TickBatch, position: bytes = b"", received_ms: int = 0) -> None:
        """Decoded trades of one or several frames; `position` is where to resume after them."""

    def clock(self, time_ms: int, position: bytes = b"") -> None:
        """The feed's newest event time: about every second, and only while connected."""

    def gap(self, gap: FeedGap) -> None:
        """Ticks may have been missed."""

    def connected(self, connected: bool, detail: str) -> None:
        """The connection came or went."""

    def rejected(self, reason: str, count: int = 1, sample: bytes = b"") -> None:
        """Frames or messages that were set aside; `reason` is a short key, counted by."""

    def silent(self, symbols: Sequence[str]) -> None:
        """The subscribed symbols that have been silent for longer than the threshold."""


class Feed(Protocol):
    """One source of ticks. `name` is its journal's key; `source` what its bars are marked with."""

    name: str
    source: str

    def run(self, sink: FeedSink, resume: bytes, stop: threading.Event) -> None:
        """Feed the sink until `stop` is set or the source ends. resume: its last position."""
