"""One streaming process: feed, bars and what they tell, put together and run.

Threads: the feed's (frames → journal), the bars' (journal → database; the one that calls `run`),
the teller's (prices, health) and the scribe's (flow log, totals). The journal is all that the
first two share.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import redis
from django.conf import settings
from django.db import connection as default_connection
from numpy.typing import NDArray

from market.calendar import MarketCalendar
from patterns.registry import Registry
from streaming import epochs, positions, sessions
from streaming.aggregate import Aggregator
from streaming.analyst import Analyst
from streaming.bars_worker import BarsWorker, Source
from streaming.broadcast import BarBroadcast, PriceBroadcast, now_ms
from streaming.counters import Counters
from streaming.database import DatabaseAway, PatientDatabase
from streaming.delivered import DeliveredListener
from streaming.feeds.base import Feed, FeedConfigError
from streaming.flow import FlowLog
from streaming.handoff import Handoff, JournalSource
from streaming.journal import Journal, JournalName
from streaming.lease import RedisLease
from streaming.positions import Position
from streaming.prices import PriceBoard
from streaming.publish import Publisher
from streaming.scribe import Scribe
from streaming.sessions_policy import SessionWindow, next_window, should_close, should_stream
from streaming.store import refuse_mixing
from streaming.teller import Teller
from streaming.ticks import SymbolTable
from streaming.writer import JournalWriter

logger = logging.getLogger(__name__)

STEP_SECS = 0.1
CLOSED_POLL_SECS = 1.0
LEASE_POLL_SECS = 0.5
FEED_JOIN_SECS = 5.0
# How long a stop waits for a database that is away, and for a backlog to be stored.
STOP_PATIENCE_SECS = 5.0


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """How one streaming process runs. role: `all`, `feed` or `bars`; shard i of shards."""

    universe: str
    symbols: list[str]
    ignore_market_hours: bool = False
    role: str = "all"
    shard: int = 0
    shards: int = 1
    once: bool = False

    @property
    def feeds(self) -> bool:
        return self.role in ("all", "feed")

    @property
    def makes_bars(self) -> bool:
        return self.role in ("all", "bars")


class AtAnyHour:
    """Takes ticks of any time; what regular hours are, the calendar still says."""

    def __init__(self, calendar: MarketCalendar) -> None:
        self.regular_hours = calendar.regular_hours

    def in_session(self, times_ms: NDArray[np.int64]) -> NDArray[np.bool_]:
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
        self._feed_stop = threading.Event()
        self._feed_error: BaseException | None = None
        self._feed_ended = False
        self._given_up = False
        self._bars: BarBroadcast | None = None
        self._feed_thread: threading.Thread | None = None
        self.database = PatientDatabase(self.counters, self._give_up)
        self._session: Any = None
        self._base = sessions.NOTHING

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
        lease = self._take_lease()
        if lease is None:
            return
        try:
            self._open()
            self._run_sessions(lease)
        except DatabaseAway:
            logger.warning("stopped without the database; the journal keeps what is missing")
        finally:
            self._close()
            lease.release()

    def _take_lease(self) -> RedisLease | None:
        # Whoever feeds holds one lease, in whatever role: a journal has one writer.
        part = "" if self.options.feeds else f":bars:{self.options.shard}"
        lease = RedisLease(self.client, f"tickstock:lease:stream:{self.feed.name}{part}")
        told = False
        while not lease.acquire():
            if not told:
                logger.warning("waiting: %s streams this feed already", lease.holder())
                told = True
            if self._stop.wait(LEASE_POLL_SECS):
                return None
        return lease

    def _open(self) -> None:
        self._refuse_mixing()
        self._interrupt_left_over()
        self._epoch = self._find_epoch()
        names = [JournalName(self.feed.name, self._epoch, i) for i in range(self.options.shards)]
        self._journals = [Journal(self.client, name) for name in names]
        self._own_journal = self._journals[self.options.shard]
        position = self._position()
        for journal in self._journals:
            journal.open(self.symbols, after=position.applied_id)
        self.symbols.ids(self.options.symbols)
        self.prices = PriceBroadcast(self.publisher, self.board, self.feed.source)
        self._start_bars(position)
        self._start_board()
        self._teller = Teller(self)
        self._teller.start()
        self._scribe = Scribe(self.flow, self.save_totals)
        self._scribe.start()
        self._delivered = DeliveredListener(settings.REDIS_URL, self.flow)
        self._delivered.start()

    def _refuse_mixing(self) -> None:
        with default_connection.cursor() as cursor:
            refuse_mixing(cursor, self.feed.source)

    def _find_epoch(self) -> str:
        epoch = epochs.current(self.client, self.feed.name)
        if self.options.feeds and not epoch:
            return epochs.begin(self.client, self.feed.name, self.options.shards)
        if not epoch:
            logger.info("waiting for the feed process to begin its journal")
        while not epoch and not self._stop.wait(CLOSED_POLL_SECS):
            epoch = epochs.current(self.client, self.feed.name)
        self._refuse_other_shards(epoch)
        return epoch

    def _refuse_other_shards(self, epoch: str) -> None:
        """A journal's symbols are dealt out once: another number of shards would miss some."""
        dealt = epochs.shards(self.client, self.feed.name)
        if epoch and dealt != self.options.shards:
            raise FeedConfigError(
                f"The journal of {self.feed.name} is dealt out to {dealt} shards, not to "
                f"{self.options.shards}. Go on with --shard i/{dealt}, for the feed as well, "
                f"or begin anew: python manage.py purge --source {self.feed.source}"
            )

    def _position(self) -> Position:
        """This shard's place in the current epoch; the beginning, where the epoch is new."""
        shard = self.options.shard
        stored = positions.load(self.feed.name, shard)
        if stored is not None and stored.epoch == self._epoch:
            return stored
        return Position(self.feed.name, shard, self._epoch, self.feed.source)

    def _start_bars(self, position: Position) -> None:
        if not self.options.makes_bars:
            return
        bars = self._bars = BarBroadcast(
            self.publisher,
            self.symbols,
            self.flow,
            self.database,
            self.feed.source,
            settings.FLOW_LOG_BAR_EVERY,
        )
        aggregator = Aggregator(
            AtAnyHour(self.calendar) if self.options.ignore_market_hours else self.calendar,
            settings.WATERMARK_GRACE_MS,
        )
        analyst = Analyst(
            self.symbols,
            self.registry,
            self.calendar.session_start,
            self.database,
            self.counters,
            bars,
        )
        self._source: Source = self._make_source()
        self._worker = BarsWorker(
            self._own_journal,
            self._source,
            self.symbols,
            aggregator,
            analyst,
            self.database,
            self.counters,
            bars,
        )
        self._worker.start(position)
        self._catch_up()

    def _make_source(self) -> Source:
        if self.options.role == "bars":
            return JournalSource(self._own_journal)
        self._handoff = Handoff(self._own_journal)
        return self._handoff

    def _catch_up(self) -> None:
        """Work through what the journal holds before the feed adds to it."""
        while not self._stop.is_set() and self._worker.step(0):
            pass

    def _start_board(self) -> None:
        from streaming.references import previous_closes, session_volumes

        self.board.reserve(len(self.symbols))
        now = now_ms()
        self.board.set_references(previous_closes(self.calendar, now))
        volumes = session_volumes(self.calendar.session_start(now))
        self.board.set_volumes(volumes)

    # --- sessions -------------------------------------------------------------------------------

    def _run_sessions(self, lease: RedisLease) -> None:
        while not self._stop.is_set():
            window = self._window()
            if window is None:
                self._wait_closed(lease)
                continue
            self._run_session(window, lease)
            if self._feed_error is not None:
                raise self._feed_error
            if self._feed_ended and self.options.once:
                return
            if self._feed_ended and not self._stop.is_set():
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
        self._open_session()
        self.board.start_session_if_new(self.calendar.session_start(now_ms()))
        self._start_feed()
        try:
            while not self._stop.is_set() and not self._over(window):
                self._check(lease)
                self._step()
                if self._feed_done():
                    break
        except DatabaseAway:
            # What memory holds is ahead of what is stored: nothing more may be stored from it.
            self._given_up = True
            raise
        finally:
            self._stop_feed()
            self._drain()
            self._close_session()
            self._finish_epoch()

    def _over(self, window: SessionWindow) -> bool:
        if not self.options.makes_bars:
            return should_close(window, now_ms(), now_ms())
        watermark = self._worker.aggregator.newest_ms - settings.WATERMARK_GRACE_MS
        return should_close(window, watermark, now_ms())

    def _step(self) -> None:
        if self.options.makes_bars:
            self._worker.step(STEP_SECS)
            assert self._bars is not None
            self._bars.step()
        else:
            time.sleep(STEP_SECS)

    # --- the feed's thread ----------------------------------------------------------------------

    def _start_feed(self) -> None:
        self._feed_ended = False
        if not self.options.feeds:
            return
        listeners = [self.prices.ticks_journalled]
        if self.options.makes_bars:
            listeners.append(self._handoff.put)
        self._writer = JournalWriter(
            self._journals,
            self.symbols,
            self.counters,
            listeners,
            settings.FEED_BUFFER_TICKS,
            settings.JOURNAL_MAX_ENTRIES,
        )
        self._feed_stop.clear()
        self._feed_thread = threading.Thread(target=self._run_feed, name="feed", daemon=True)
        self._feed_thread.start()

    def _run_feed(self) -> None:
        try:
            self.feed.run(self._writer, self._journals[0].last_position(), self._feed_stop)
            # One that was told to stop, as at the market's close, has not come to its end.
            self._feed_ended = not self._feed_stop.is_set()
        except BaseException as error:  # noqa: BLE001
            self._feed_error = error
        finally:
            self.counters.feed_connected = False

    def _feed_done(self) -> bool:
        return self._feed_ended or self._feed_error is not None

    def _stop_feed(self) -> None:
        self._feed_stop.set()
        if self._feed_thread is not None:
            self._feed_thread.join(FEED_JOIN_SECS)
            self._writer.flush()

    def _drain(self) -> None:
        """Store what the journal still holds, and the open minutes as partial bars."""
        if self._given_up or not self.options.makes_bars:
            return
        try:
            while not self._give_up.is_set() and self._worker.step(0):
                pass
            self._worker.store_open_minutes()
        except DatabaseAway:
            self._given_up = True
            logger.warning("the database is away; the journal keeps what is missing")

    def _finish_epoch(self) -> None:
        """Note that the tape has ended and all of it is stored: the next start starts over."""
        if self._given_up or not self._feed_ended or not self.options.makes_bars:
            return
        try:
            if self._worker.read_through == self._own_journal.last_id():
                epochs.finish(self.client, self.feed.name)
        except redis.RedisError:
            logger.info("Redis is away; the next start finds that the tape has ended")

    # --- session rows ---------------------------------------------------------------------------

    def _interrupt_left_over(self) -> None:
        from streaming import publish

        if self.options.role == "bars":
            return
        for session in sessions.interrupt_left_over(self.feed.source, datetime.now(UTC)):
            payload = sessions.session_payload(session)
            self.publisher.send(
                publish.SESSION_STOPPED, "streaming_session_stopped", session=payload
            )

    def _open_session(self) -> None:
        from streaming import publish

        if self.options.role == "bars":
            return
        self._base = sessions.totals_since(self.counters)
        self._session = self.database.run(
            lambda _: sessions.open_session(
                universe=self.options.universe,
                source=self.feed.source,
                symbol_count=len(self.symbols),
                now=datetime.now(UTC),
            )
        )
        self._teller.session = self._session
        self.publisher.announce(
            publish.SESSION_STARTED,
            "session",
            "streaming_session_started",
            session=sessions.session_payload(self._session),
        )

    def _close_session(self) -> None:
        from streaming import publish

        if self._session is None:
            return
        totals = sessions.totals_since(self.counters, self._base)
        session, self._session, self._teller.session = self._session, None, None
        try:
            self.database.run(lambda _: sessions.close_session(session, totals, datetime.now(UTC)))
        except DatabaseAway:
            logger.warning("the session stays open in the database; the next start closes it")
        self.publisher.announce(
            publish.SESSION_STOPPED,
            "session",
            "streaming_session_stopped",
            session=sessions.session_payload(session),
        )

    def _close(self) -> None:
        for part in ("_teller", "_delivered", "_scribe"):
            started = getattr(self, part, None)
            if started is not None:
                started.stop()

    # --- what teller and scribe ask -------------------------------------------------------------

    @property
    def feed_finished(self) -> bool:
        """Whether the feed has come to its end, as a tape does."""
        return self._feed_ended

    def save_totals(self) -> None:
        """Note the running session's totals, so that one that is killed keeps its figures."""
        session = self._session
        if session is not None:
            totals = sessions.totals_since(self.counters, self._base)
            sessions.save_totals(session, totals, len(self.symbols))
