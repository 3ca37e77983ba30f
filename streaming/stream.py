"""One streaming process: feed, bars and what they tell, put together and run.

Threads: the feed's (frames → journal), the bars' (journal → database; the one that calls `run`),
the teller's (prices, health) and the scribe's (flow log, totals). The journal is all that the
first two share.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import redis
from django.conf import settings
from numpy.typing import NDArray

from market.calendar import MarketCalendar
from patterns.registry import Registry
from patterns.rolled import SessionHours
from streaming import epochs, opening
from streaming.aggregate import Aggregator
from streaming.analyst import Analyst
from streaming.bars_worker import BarsWorker
from streaming.broadcast import BarBroadcast, PriceBroadcast, now_ms
from streaming.counters import Counters
from streaming.database import DatabaseAway, PatientDatabase
from streaming.delivered import DeliveredListener
from streaming.feed_thread import FeedThread
from streaming.feeds.base import Feed
from streaming.flow import FlowLog
from streaming.handoff import Handoff, JournalSource
from streaming.journal import Entry, Journal, JournalName
from streaming.lease import RedisLease
from streaming.positions import Position
from streaming.prices import PriceBoard
from streaming.publish import Publisher
from streaming.scribe import Scribe
from streaming.session_keeper import SessionKeeper
from streaming.sessions_policy import SessionWindow, next_window, should_close, should_stream
from streaming.stream_options import StreamOptions
from streaming.teller import Teller, monitor_of
from streaming.ticks import SymbolTable
from streaming.writer import JournalWriter

logger = logging.getLogger(__name__)

STEP_SECS = 0.1
CLOSED_POLL_SECS = 1.0
# How long a stop waits for a database that is away, and for a backlog to be stored.
STOP_PATIENCE_SECS = 5.0


class AtAnyHour:
    """Takes ticks of any time; what regular hours are, the calendar still says."""

    def __init__(self, calendar: MarketCalendar) -> None:
        self.regular_hours = calendar.regular_hours

    def in_session(self, times_ms: NDArray[np.int64]) -> NDArray[np.bool_]:
        """All of them."""
        return np.ones(len(times_ms), dtype=bool)


class LeaseLost(RuntimeError):
    """Another process holds this feed's lease: two writers would spoil the journal."""


class Stream:
    """Feed → journal → bars → indicators and detections → events, until asked to stop."""

    def __init__(
        self,
        feed: Feed,
        options: StreamOptions,
        calendar: MarketCalendar,
        registry: Registry,
        client: redis.Redis,
    ) -> None:
        self.feed, self.options, self.calendar, self.registry = feed, options, calendar, registry
        self.client = client
        self.counters = Counters()
        self.symbols = SymbolTable()
        self.board = PriceBoard(self.symbols)
        self.flow = FlowLog()
        self.publisher = Publisher(client)
        self._stop = threading.Event()
        self._give_up = threading.Event()
        self._given_up = False
        self.database = PatientDatabase(self.counters, self._give_up)
        self.prices = PriceBroadcast(self.publisher, self.board, feed.source)
        self.sessions = SessionKeeper(
            options.universe,
            feed.source,
            self.symbols,
            self.counters,
            self.database,
            self.publisher,
        )
        self._bars = BarBroadcast(
            self.publisher,
            self.symbols,
            self.flow,
            self.database,
            feed.source,
            settings.FLOW_LOG_BAR_EVERY,
        )
        self._feed: FeedThread | None = None
        self._worker: BarsWorker | None = None
        self._beside: list[Teller | Scribe | DeliveredListener] = []

    # --- asked from outside ---------------------------------------------------------------------

    def request_stop(self) -> None:
        """Stop cleanly, soon; a second request no longer waits for a database that is away."""
        if self._stop.is_set():
            self._give_up.set()
            return
        self._stop.set()
        patience = threading.Timer(STOP_PATIENCE_SECS, self._give_up.set)
        patience.daemon = True
        patience.start()

    # --- the run --------------------------------------------------------------------------------

    def run(self) -> None:
        """Run until stopped, or until a feed that ends has ended (`once`)."""
        lease = opening.take_lease(self.client, self.feed, self.options, self._stop)
        if lease is None:
            return
        try:
            self._open()
            self._run_sessions(lease)
        except DatabaseAway:
            logger.warning("stopped without the database; the journal keeps what is missing")
        finally:
            for part in self._beside:
                part.stop()
            lease.release()

    def _open(self) -> None:
        opening.refuse_other_sources(self.feed.source)
        if self.options.feeds:
            self.sessions.interrupt_left_over()
        epoch = opening.find_epoch(self.client, self.feed, self.options, self._stop)
        position = opening.place(self.feed, self.options.shard, epoch)
        self._open_journals(epoch, position)
        self.symbols.ids(self.options.symbols)
        listeners: list[Callable[[Entry], None]] = [self.prices.ticks_journalled]
        if self.options.makes_bars:
            listeners += self._start_bars(position)
        if self.options.feeds:
            self._feed = self._make_feed_thread(listeners)
        opening.fill_board(self.board, self.calendar)
        self._start_beside()

    def _open_journals(self, epoch: str, position: Position) -> None:
        names = [JournalName(self.feed.name, epoch, i) for i in range(self.options.shards)]
        self._journals = [Journal(self.client, name) for name in names]
        self._own_journal = self._journals[self.options.shard]
        for journal in self._journals:
            journal.open(self.symbols, after=position.applied_id)

    def _start_bars(self, position: Position) -> list[Callable[[Entry], None]]:
        """Take up the bars where they stand; what the feed's thread hands its entries to."""
        handoff = Handoff(self._own_journal)
        apart = self.options.role == "bars"
        self._worker = BarsWorker(
            self._own_journal,
            JournalSource(self._own_journal) if apart else handoff,
            self.symbols,
            self._aggregator(),
            self._analyst(),
            self.database,
            self.counters,
            self._bars,
        )
        self._worker.start(position)
        # What the journal holds comes before what the feed will add to it.
        while not self._stop.is_set() and self._worker.step(0):
            pass
        return [] if apart else [handoff.put]

    def _aggregator(self) -> Aggregator:
        any_hour = self.options.ignore_market_hours
        hours = AtAnyHour(self.calendar) if any_hour else self.calendar
        return Aggregator(hours, settings.WATERMARK_GRACE_MS)

    def _analyst(self) -> Analyst:
        return Analyst(
            self.symbols,
            self.registry,
            self._hours(),
            self.database,
            self.counters,
            self._bars,
        )

    def _hours(self) -> SessionHours:
        known = self.calendar
        return SessionHours(known.session_start, known.session_end, known.day_start)

    def _make_feed_thread(self, listeners: list[Callable[[Entry], None]]) -> FeedThread:
        writer = JournalWriter(
            self._journals,
            self.symbols,
            self.counters,
            listeners,
            settings.FEED_BUFFER_TICKS,
            settings.JOURNAL_MAX_ENTRIES,
        )
        return FeedThread(self.feed, writer, self._journals[0], self.counters)

    def _start_beside(self) -> None:
        monitor = monitor_of(self.feed.source, self.counters, self.registry)
        teller = Teller(
            self.prices,
            self.board,
            self.publisher,
            monitor,
            self.sessions.session_id,
            lambda: self.feed_ended,
        )
        scribe = Scribe(self.flow, self.sessions.save_totals, self.database)
        self._beside = [teller, DeliveredListener(settings.REDIS_URL, self.flow), scribe]
        for part in self._beside:
            part.start()

    # --- sessions -------------------------------------------------------------------------------

    @property
    def feed_ended(self) -> bool:
        """Whether the feed has come to its end, as a tape does."""
        return self._feed is not None and self._feed.ended

    def _run_sessions(self, lease: RedisLease) -> None:
        while not self._stop.is_set():
            window = self._window()
            if window is None:
                self._wait_closed(lease)
                continue
            self._run_session(window, lease)
            if self._feed is not None and self._feed.error is not None:
                raise self._feed.error
            if self.feed_ended and self.options.once:
                return
            if self.feed_ended and not self._stop.is_set():
                self._linger(lease)

    def _window(self) -> SessionWindow | None:
        """The open window; a replay, which has its own time, is always open."""
        ignore = self.options.ignore_market_hours or self.feed.source == "replay"
        return should_stream(self.calendar, now_ms(), ignore)

    def _wait_closed(self, lease: RedisLease) -> None:
        start = next_window(self.calendar, now_ms()).start_ms
        logger.info(
            "the market is closed; streaming begins at %s",
            datetime.fromtimestamp(start / 1000, UTC).isoformat(),
        )
        while not self._stop.wait(CLOSED_POLL_SECS) and now_ms() < start:
            self._check(lease)

    def _linger(self, lease: RedisLease) -> None:
        """A tape that has ended without `once`: stay, so that its dashboard stays."""
        logger.info("the feed has ended; stop with Ctrl+C")
        while not self._stop.wait(CLOSED_POLL_SECS):
            self._check(lease)

    def _check(self, lease: RedisLease) -> None:
        if not lease.held:
            self._given_up = True
            raise LeaseLost(f"{self.feed.name}: another process has taken over this feed's lease")

    def _run_session(self, window: SessionWindow, lease: RedisLease) -> None:
        self._begin_session()
        try:
            while not self._stop.is_set() and not self._over(window):
                self._check(lease)
                self._step()
                if self._feed is not None and self._feed.done:
                    break
        except DatabaseAway:
            # What memory holds is ahead of what is stored: nothing more may be stored from it.
            self._given_up = True
            raise
        finally:
            self._end_session()

    def _begin_session(self) -> None:
        self.board.start_session_if_new(self.calendar.session_start(now_ms()))
        if self._feed is not None:
            self.sessions.open()
            self._feed.start()

    def _end_session(self) -> None:
        if self._feed is not None:
            self._feed.stop()
        if self._worker is not None and not self._given_up:
            self._drain(self._worker)
        self.sessions.close()
        if self._worker is not None and self.feed_ended and not self._given_up:
            self._finish_epoch(self._worker)

    def _over(self, window: SessionWindow) -> bool:
        if self._worker is None:
            return should_close(window, now_ms(), now_ms())
        watermark = self._worker.aggregator.newest_ms - settings.WATERMARK_GRACE_MS
        return should_close(window, watermark, now_ms())

    def _step(self) -> None:
        if self._worker is None:
            time.sleep(STEP_SECS)
            return
        self._worker.step(STEP_SECS)
        self._bars.step()

    def _drain(self, worker: BarsWorker) -> None:
        """Store what the journal still holds, and the open minutes as partial bars."""
        try:
            while not self._give_up.is_set() and worker.step(0):
                pass
            worker.store_open_minutes()
        except DatabaseAway:
            self._given_up = True
            logger.warning("the database is away; the journal keeps what is missing")

    def _finish_epoch(self, worker: BarsWorker) -> None:
        """Note that the tape has ended and all of it is stored: the next start starts over."""
        try:
            if worker.read_through == self._own_journal.last_id():
                epochs.finish(self.client, self.feed.name)
        except redis.RedisError:
            logger.info("Redis is away; the next start finds that the tape has ended")
