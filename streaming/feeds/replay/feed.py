"""The replay: tapes merged by time, cut into entries, in step with a clock of their own."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streaming.feeds.base import FeedConfigError, FeedSink
from streaming.feeds.limits import FUTURE_MS
from streaming.feeds.options import FeedOptions
from streaming.feeds.replay.files import UNREADABLE
from streaming.feeds.replay.formats import open_tape
from streaming.feeds.replay.merge import Merged, merge
from streaming.feeds.replay.tape import Chunk, Rejects, Tape, keyed
from streaming.ticks import SymbolTable, TickBatch

logger = logging.getLogger(__name__)

MINUTE_MS = 60_000
CLOCK_EVERY_MS = 1_000
# How much of the wall's time one entry may hold when the tape is paced.
PACED_MS = 20
ENTRY_ROWS = 8_192
# How far past the last minute's end the clock goes when the tape has ended.
CLOSING_MS = 60_000
# The position after the end. A journal that has it is complete, and whoever finds it there adds
# nothing; to start over is to begin a new journal.
ENDED = b'{"ended":true}'


class ReplayFeed:
    """Recorded trades. Its position is how many rows of each tape have been taken."""

    source = "replay"

    def __init__(
        self, tapes: Sequence[Tape], speed: float | None, clock: Callable[[], float] | None = None
    ) -> None:
        self._tapes = list(tapes)
        self._speed = speed
        self._clock = clock or time.monotonic
        self._rows = np.zeros(len(self._tapes), np.int64)
        self._identity = [[tape.path.name, tape.path.stat().st_size] for tape in self._tapes]
        self._last_clock = 0.0
        self.noted: Counter[str] = Counter()
        # Each set of tapes has a journal of its own, so that one never goes on in another's.
        digest = hashlib.blake2s(json.dumps(self._identity).encode(), digest_size=6)
        self.name = f"replay-{digest.hexdigest()}"

    def run(self, sink: FeedSink, resume: bytes, stop: threading.Event) -> None:
        """Play all tapes from where `resume` says to their end, or until `stop`."""
        if _has_ended(resume):
            sink.connected(False, "the tape has ended")
            return
        rejects = Rejects(self.noted)
        self._rows = self._resumed(resume)
        self._last_clock = self._clock()
        newest = 0
        pace = Pace(self._speed, self._clock, stop)
        sink.connected(True, f"replay of {', '.join(tape.path.name for tape in self._tapes)}")
        for entry in self._entries(sink.symbols, rejects):
            rejects.hand_over(sink.rejected)
            if not self._wait_for(entry, pace, sink, stop):
                break
            newest = int(entry.chunk.keys[-1])
            self._hand_over(entry, sink)
        else:
            rejects.hand_over(sink.rejected)
            self._end(sink, newest)
        sink.connected(False, "stopped" if stop.is_set() else "the tape has ended")

    def _entries(self, symbols: SymbolTable, rejects: Rejects) -> Iterator[Merged]:
        rows = self._slice_ms()
        sources = [
            skip(keyed(readable(tape, symbols, rejects)), int(done))
            for tape, done in zip(self._tapes, self._rows, strict=True)
        ]
        for merged in merge(sources):
            bounds = cuts(merged.chunk.keys, rows, ENTRY_ROWS)
            for start, end in pairwise(bounds):
                yield Merged(merged.chunk.part(start, end), merged.source[start:end])

    def _wait_for(self, entry: Merged, pace: Pace, sink: FeedSink, stop: threading.Event) -> bool:
        """Wait until the entry is due, telling the time meanwhile; False if told to stop."""
        due = int(entry.chunk.keys[-1])
        first = int(entry.chunk.keys[0])
        while not stop.is_set():
            wait = pace.seconds_until(due)
            if wait <= 0:
                return True
            if self._clock() - self._last_clock >= CLOCK_EVERY_MS / 1000:
                self._last_clock = self._clock()
                sink.clock(min(pace.event_ms(), first), self._position())
            stop.wait(min(wait, 0.25))
        return False

    def _hand_over(self, entry: Merged, sink: FeedSink) -> None:
        self._rows += np.bincount(entry.source, minlength=len(self._rows))
        now_ms = time.time_ns() // 1_000_000
        sink.ticks(entry.chunk.batch, self._position(), received_ms=now_ms)

    def _end(self, sink: FeedSink, newest: int) -> None:
        logger.info("replay ended after %d rows", self._rows.sum())
        if newest:
            end = (newest // MINUTE_MS + 1) * MINUTE_MS + CLOSING_MS
            sink.clock(end, ENDED)

    def _slice_ms(self) -> int:
        return MINUTE_MS if self._speed is None else max(1, int(PACED_MS * self._speed))

    def _position(self) -> bytes:
        state = {"tapes": self._identity, "rows": self._rows.tolist()}
        return json.dumps(state, separators=(",", ":")).encode()

    def _resumed(self, resume: bytes) -> NDArray[np.int64]:
        """Rows already taken of each tape: none if the tapes are others."""
        none = np.zeros(len(self._tapes), np.int64)
        if not resume:
            return none
        try:
            saved = json.loads(resume)
        except ValueError:
            logger.warning("the replay's saved position can not be read; starting over")
            return none
        if saved.get("tapes") != self._identity:
            return none
        return np.array(saved["rows"], np.int64)


def _has_ended(resume: bytes) -> bool:
    return resume == ENDED


class Pace:
    """Event time against the wall's: `speed` times as fast, or without a wait (None)."""

    def __init__(
        self, speed: float | None, clock: Callable[[], float], stop: threading.Event
    ) -> None:
        self._speed = speed
        self._clock = clock
        self._origin: tuple[float, int] | None = None

    def seconds_until(self, event_ms: int) -> float:
        """How long until `event_ms` is due; the first one asked for is due at once."""
        if self._speed is None:
            return 0.0
        if self._origin is None:
            self._origin = (self._clock(), event_ms)
        start, first_ms = self._origin
        return start + (event_ms - first_ms) / 1000 / self._speed - self._clock()

    def event_ms(self) -> int:
        """The event time that is now."""
        assert self._origin is not None
        assert self._speed is not None
        start, first_ms = self._origin
        return first_ms + int((self._clock() - start) * 1000 * self._speed)


def readable(tape: Tape, symbols: SymbolTable, rejects: Rejects) -> Iterator[TickBatch]:
    """The tape's batches up to its end, or to where it can not be read any more."""
    try:
        yield from tape.batches(symbols, rejects)
    except UNREADABLE as error:
        logger.error("the tape %s breaks off: %s", tape.path, error)
        rejects.add("tape_breaks_off", 1, str(error).encode()[:200])


def skip(chunks: Iterator[Chunk], rows: int) -> Iterator[Chunk]:
    """The chunks without their first `rows` rows."""
    for chunk in chunks:
        if rows >= len(chunk):
            rows -= len(chunk)
        elif rows:
            yield chunk.part(rows, len(chunk))
            rows = 0
        else:
            yield chunk


def cuts(keys: NDArray[np.int64], slice_ms: int, rows: int) -> list[int]:
    """Where to cut rows of nondecreasing `keys` into entries.

    Cut wherever the newest time enters another minute or another slice of `slice_ms`, and after
    every `rows` rows.
    """
    minute = np.flatnonzero(np.diff(keys // MINUTE_MS)) + 1
    piece = np.flatnonzero(np.diff(keys // slice_ms)) + 1
    regular = np.arange(0, len(keys), rows)
    return np.unique(np.concatenate([minute, piece, regular, [0, len(keys)]])).tolist()


def make(options: FeedOptions) -> ReplayFeed:
    """The replay that `options` ask for; every tape is opened and looked at."""
    if not options.tapes:
        raise FeedConfigError("A replay needs a tape. Name one: --tape FILE")
    if options.speed is not None and not options.speed > 0:
        raise FeedConfigError(
            f"--speed is {options.speed}: it must be more than 0, or max. For example --speed 60"
        )
    latest_ms = time.time_ns() // 1_000_000 + FUTURE_MS
    tapes = [open_tape(Path(tape), options.symbol, latest_ms) for tape in options.tapes]
    return ReplayFeed(tapes, options.speed)
