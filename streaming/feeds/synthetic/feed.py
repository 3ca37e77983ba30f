"""The synthetic market as a feed: in step with the wall clock, catching up from where it was."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable

from streaming.feeds.base import FeedConfigError, FeedGap, FeedSink
from streaming.feeds.hashing import mix64
from streaming.feeds.options import FeedOptions
from streaming.feeds.synthetic.trades import SyntheticMarket
from streaming.ticks import TickBatch

logger = logging.getLogger(__name__)

MINUTE_MS = 60_000
CLOCK_EVERY_MS = 1_000
EMIT_MS = 50
EMIT_FAST_MS = 20
FAST_TICKS_PER_SECOND = 2_000
TICKS_A_CHUNK = 20_000
# On request, one outage of 20 to 60 s in every 10 minutes.
GAP_BLOCK_MS = 600_000


def wall_ms() -> int:
    """Now, in Unix ms."""
    return time.time_ns() // 1_000_000


class SyntheticFeed:
    """Trades of a made-up market. Its position is its clock, so a restart misses nothing."""

    name = "synthetic"
    source = "synthetic"

    def __init__(self, options: FeedOptions, now_ms: Callable[[], int] = wall_ms) -> None:
        self._options = options
        self._now_ms = now_ms
        self._symbols = list(options.symbols)
        self.market = SyntheticMarket(
            self._symbols,
            options.seed,
            options.synthetic_interval,
            options.synthetic_late_share,
            options.synthetic_duplicate_share,
            options.synthetic_halts,
        )
        rate = self.market.ticks_per_second
        self.emit_ms = EMIT_FAST_MS if rate >= FAST_TICKS_PER_SECOND else EMIT_MS
        self._chunk_ms = max(self.emit_ms, int(TICKS_A_CHUNK * 1000 / rate))
        self._clock_ms = 0
        self._told_ms = 0

    def run(self, sink: FeedSink, resume: bytes, stop: threading.Event) -> None:
        """Make trades until `stop`; first, at full speed, those since the clock in `resume`."""
        self._clock_ms = self._start_ms(resume, sink)
        self._told_ms = 0
        self._ids = sink.symbols.ids(self._symbols)
        sink.connected(True, f"synthetic market of {len(self._symbols)} symbols")
        while not stop.is_set():
            wait_ms = self.step(sink)
            if wait_ms:
                stop.wait(wait_ms / 1000)
        sink.connected(False, "stopped")

    def step(self, sink: FeedSink) -> int:
        """Hand over what is due; returns how many ms to wait before the next step."""
        now = self._now_ms()
        due = now - self._clock_ms
        if due < self.emit_ms:
            return self.emit_ms - due
        minute_end = (self._clock_ms // MINUTE_MS + 1) * MINUTE_MS
        end = min(now, minute_end, self._clock_ms + self._chunk_ms)
        self._hand_over(sink, end, now)
        self._clock_ms = end
        if now - self._told_ms >= CLOCK_EVERY_MS:
            self._told_ms = now
            sink.clock(end, self._position(end))
        return 0

    def _hand_over(self, sink: FeedSink, end: int, now: int) -> None:
        gap = self._outage(self._clock_ms) if self._options.synthetic_gaps else None
        if gap is not None and gap.started_ms < end and self._clock_ms < gap.ended_ms:
            self._suffer(sink, gap, end)
            return
        batch = self.market.ticks(self._clock_ms, end)
        if len(batch):
            sink.ticks(self._named(batch), self._position(end), received_ms=now)

    def _suffer(self, sink: FeedSink, gap: FeedGap, end: int) -> None:
        """Lose the trades up to `end`, and say so once, when the outage begins."""
        if self._clock_ms <= gap.started_ms:
            sink.connected(False, "synthetic outage")
            sink.gap(gap)
        if end >= gap.ended_ms:
            sink.connected(True, "synthetic outage over")

    def _outage(self, time_ms: int) -> FeedGap | None:
        block = time_ms // GAP_BLOCK_MS
        bits = int(mix64(self.market.characters.market + block))
        start = block * GAP_BLOCK_MS + bits % 500_000
        return FeedGap(start, start + 20_000 + (bits >> 32) % 40_000, "synthetic outage")

    def _named(self, batch: TickBatch) -> TickBatch:
        columns = (batch.time_ms, batch.price, batch.size, batch.flags)
        ids = self._ids[batch.symbol_id]
        return TickBatch(ids, *columns, batch.sequence, batch.trade_key)

    def _position(self, clock_ms: int) -> bytes:
        return b'{"clock_ms":%d}' % clock_ms

    def _start_ms(self, resume: bytes, sink: FeedSink) -> int:
        """The clock to start from: the saved one, or the past that was asked for."""
        now = self._now_ms()
        affordable_ms = int(self._options.tick_budget * 1000 / self.market.ticks_per_second)
        oldest = (now - affordable_ms) // MINUTE_MS * MINUTE_MS + MINUTE_MS
        saved = _saved_clock(resume)
        if saved is None or saved > now:
            wanted = (now // MINUTE_MS - self._options.history_minutes) * MINUTE_MS
            return max(wanted, min(oldest, now // MINUTE_MS * MINUTE_MS))
        if saved < oldest:
            sink.gap(FeedGap(saved, oldest, "stopped for longer than can be caught up"))
            return oldest
        return saved


def _saved_clock(resume: bytes) -> int | None:
    if not resume:
        return None
    try:
        return int(json.loads(resume)["clock_ms"])
    except (ValueError, KeyError, TypeError):
        logger.warning("the synthetic feed's saved position can not be read; starting afresh")
        return None


def make(options: FeedOptions) -> SyntheticFeed:
    """The synthetic market that `options` ask for."""
    if not options.symbols:
        raise FeedConfigError("The synthetic market has no symbols. Name a universe that has some.")
    if not 0.000_1 <= options.synthetic_interval <= 3600:
        raise FeedConfigError(
            f"SYNTHETIC_UPDATE_INTERVAL is {options.synthetic_interval}: it must be from 0.0001 "
            "to 3600 seconds between ticks of a symbol, for example 1.0."
        )
    return SyntheticFeed(options)
