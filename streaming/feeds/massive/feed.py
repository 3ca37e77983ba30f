"""The real market: one connection for each key, kept up for as long as it takes."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlsplit

from streaming.feeds.base import FeedAuthError, FeedConfigError, FeedDisconnected, FeedSink
from streaming.feeds.limits import is_symbol
from streaming.feeds.massive.backoff import Backoff
from streaming.feeds.massive.clock import EventClock
from streaming.feeds.massive.decoder import FrameDecoder
from streaming.feeds.massive.lease import Lease, redis_lease
from streaming.feeds.massive.session import Memory, Session, Stalled, TooManyConnections, wall_ms
from streaming.feeds.massive.silence import SilenceWatch
from streaming.feeds.massive.subscription import topics
from streaming.feeds.massive.tuning import MassiveTuning
from streaming.feeds.massive.wire import ConnectionClosed, Wire
from streaming.feeds.options import FeedOptions

logger = logging.getLogger(__name__)

ALL = "*"
# RFC 6455: policy violation. Massive closes with it after max_connections.
POLICY_VIOLATION = 1008


class LeaseLost(FeedDisconnected):
    """Another process may connect now, so this one must not."""


class MassiveFeed:
    """Trades from Massive's WebSocket.

    `noted` counts what was kept though it is strange, by kind.
    """

    name = "massive"

    def __init__(self, options: FeedOptions, lease: Lease, backoff: Backoff | None = None) -> None:
        self._symbols = list(dict.fromkeys(options.symbols))
        self._key = options.api_key
        self._url = options.ws_url
        self._quiet: Callable[[int], bool] = options.quiet or (lambda now_ms: False)
        self._tuning = options.tuning or MassiveTuning()
        self._lease = lease
        self._backoff = backoff or Backoff(self._tuning)
        delayed = (urlsplit(self._url).hostname or "").startswith("delayed.")
        self.source = "massive_delayed" if delayed else "massive"
        self.noted: Counter[str] = Counter()

    def run(self, sink: FeedSink, resume: bytes, stop: threading.Event) -> None:
        """Connect, and connect again, until `stop`; raises FeedAuthError if that is no use."""
        memory = self._memory(sink, resume)
        try:
            while not stop.is_set():
                if self._lease.held or self._wait_for_lease(sink, stop):
                    stop.wait(self._connection(sink, memory, stop))
        finally:
            self._lease.release()

    def _memory(self, sink: FeedSink, resume: bytes) -> Memory:
        every = ALL in self._symbols
        accepted = None if every else frozenset(self._symbols)
        names = [] if every else self._symbols
        watch = SilenceWatch(names, sink.symbols.ids(names))
        memory = Memory(FrameDecoder(sink.symbols, accepted), EventClock(), watch)
        memory.decoder.decode([b"[]"], 0, 0)  # compiles, where no process has yet
        saved = _saved(resume)
        if saved is not None:
            memory.lost_ms, memory.lost_cause = saved, "not running"
        return memory

    def _wait_for_lease(self, sink: FeedSink, stop: threading.Event) -> bool:
        """Take the lease, however long that takes; False if told to stop."""
        told = False
        while not stop.is_set():
            if self._lease.acquire():
                return True
            if not told:
                told = True
                logger.warning("another process holds the connection of this key; waiting")
                sink.connected(False, "waiting: another process holds this key's connection")
            stop.wait(self._tuning.lease_poll_secs)
        return False

    def _connection(self, sink: FeedSink, memory: Memory, stop: threading.Event) -> float:
        """One connection from beginning to end; returns the seconds to wait before the next."""
        session: Session | None = None
        try:
            with closing(self._connect()) as wire:
                session = Session(wire, sink, memory, self._tuning, self._key)
                session.open(topics(self._tuning.channels, self._symbols))
                sink.connected(True, f"{len(session.subscription.wanted)} topics asked for")
                self._serve(session, memory, stop)
                self._remember(session, memory, "not running")
                sink.connected(False, "stopped")
                return 0.0
        except FeedAuthError as error:
            sink.connected(False, str(error))
            raise
        except FeedDisconnected as error:
            wait = self._after(error)
            detail = f"{error}; connecting again in {wait:.1f} s".replace(self._key, "***")
            logger.warning("%s", detail)
            if session is not None:
                self._remember(session, memory, str(error), isinstance(error, Stalled))
            sink.connected(False, detail)
            return wait

    def _connect(self) -> Wire:
        return Wire(self._url, self._tuning.connect_secs, self._tuning.message_bytes)

    def _serve(self, session: Session, memory: Memory, stop: threading.Event) -> None:
        while not stop.is_set():
            if not self._lease.held:
                raise LeaseLost("the lease on this key's connection is lost")
            session.step(self._quiet(wall_ms()))
            self.noted["unknown_condition"] = memory.decoder.unknown_conditions.total()
            since = session.data_since
            if since is not None and time.monotonic() - since > self._tuning.stable_secs:
                self._backoff.stable()

    def _after(self, error: FeedDisconnected) -> float:
        """Seconds to wait after `error`."""
        conflict = isinstance(error, TooManyConnections) or (
            isinstance(error, ConnectionClosed) and error.code == POLICY_VIOLATION
        )
        return self._backoff.conflict() if conflict else self._backoff.failed()

    def _remember(
        self, session: Session, memory: Memory, cause: str, stalled: bool = False
    ) -> None:
        """Where the next gap begins; a session that was never up to date leaves the last one."""
        if session.caught_up:
            memory.lost_ms, memory.lost_cause = session.complete_ms(stalled), cause


def _saved(resume: bytes) -> int | None:
    if not resume:
        return None
    try:
        return int(json.loads(resume)["complete_ms"]) or None
    except (ValueError, KeyError, TypeError):
        logger.warning("the feed's saved position can not be read")
        return None


def make(options: FeedOptions) -> MassiveFeed:
    """The Massive client that `options` ask for."""
    if not options.api_key.strip():
        raise FeedConfigError(
            "The source massive needs a key. Set MASSIVE_API_KEY (or MASSIVE_API_KEY_FILE), or "
            "choose --source synthetic."
        )
    if not options.symbols:
        raise FeedConfigError("There is no symbol to subscribe to. Name a universe that has some.")
    for name in options.symbols:
        if name != ALL and not is_symbol(name):
            raise FeedConfigError(f"{name!r} is no symbol. Take it out of the universe.")
    if urlsplit(options.ws_url).scheme not in ("ws", "wss"):
        raise FeedConfigError(
            "MASSIVE_WS_URL must begin with ws:// or wss://, for example "
            "wss://socket.massive.com/stocks"
        )
    tuning = options.tuning or MassiveTuning()
    lease = options.lease
    if lease is None:
        if not options.redis_url:
            raise FeedConfigError("The source massive needs Redis for its lease. Set REDIS_URL.")
        lease = redis_lease(
            options.redis_url, options.api_key, tuning.lease_secs, tuning.lease_hold_secs
        )
    return MassiveFeed(options, lease)
