"""One connection from its handshake to its end, in steps."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass

import msgspec

from streaming.feeds.base import FeedAuthError, FeedDisconnected, FeedGap, FeedSink
from streaming.feeds.limits import FUTURE_MS, PAST_MS
from streaming.feeds.massive.clock import EventClock
from streaming.feeds.massive.decoder import Decoded, FrameDecoder
from streaming.feeds.massive.messages import Status
from streaming.feeds.massive.silence import SilenceWatch
from streaming.feeds.massive.subscription import NOT_AUTHORIZED, Subscription, requests
from streaming.feeds.massive.tuning import MassiveTuning
from streaming.feeds.massive.wire import Wire

logger = logging.getLogger(__name__)

MINUTE_MS = 60_000


class TooManyConnections(FeedDisconnected):
    """The key has a connection already; coming back soon would throw that one off."""


class Stalled(FeedDisconnected):
    """The connection lives, and brings nothing."""


@dataclass
class Memory:
    """What outlives a connection.

    lost_ms: event time up to which nothing is missing, None if that is not known. lost_cause:
    what ended it. told_ms: the newest time told, which never goes back.
    """

    decoder: FrameDecoder
    clock: EventClock
    silence: SilenceWatch
    lost_ms: int | None = None
    lost_cause: str = "started in the middle of a minute"
    told_ms: int = 0


def wall_ms() -> int:
    """Now, in Unix ms."""
    return time.time_ns() // 1_000_000


class Session:
    """A connection that is open: handshake, then `step` until it ends."""

    def __init__(
        self, wire: Wire, sink: FeedSink, memory: Memory, tuning: MassiveTuning, key: str
    ) -> None:
        self._wire = wire
        self._sink = sink
        self._memory = memory
        self._tuning = tuning
        self._key = key
        self._waiting: deque[bytes] = deque()
        self._gap_open = True
        self._told_silent: list[str] = []
        self.subscription = Subscription([])
        self.data_since: float | None = None

    # Handshake

    def open(self, topics: list[str]) -> None:
        """Authenticate and subscribe; raises FeedAuthError or FeedDisconnected."""
        self._await("connected")
        self._ask("auth", self._key)
        self._await("auth_success")
        self.subscription = Subscription(topics)
        for params in requests(topics, self._tuning.subscribe_chars):
            self._ask("subscribe", params)
        self._begin()

    def _ask(self, action: str, params: str) -> None:
        self._wire.send(msgspec.json.encode({"action": action, "params": params}).decode())

    def _await(self, wanted: str) -> None:
        deadline = time.monotonic() + self._tuning.handshake_secs
        while (left := deadline - time.monotonic()) > 0:
            if not self._waiting:
                self._waiting.extend(self._wire.receive(left, 1, 1))
            elif wanted in self._answers(self._waiting.popleft()):
                return
        raise FeedDisconnected(f"no {wanted!r} within {self._tuning.handshake_secs:g} s")

    def _answers(self, frame: bytes) -> list[str]:
        decoded = Decoded()
        self._memory.decoder.slowly(frame, 0, 0, decoded)
        self._reject(decoded)
        for status in decoded.statuses:
            self._judge(status)
        return [status.status for status in decoded.statuses]

    def _judge(self, status: Status) -> None:
        """Raise what an answer means, if it ends the connection."""
        message = status.message.replace(self._key, "***")
        if status.status == "auth_failed":
            raise FeedAuthError(
                f"Massive refuses the key: {message}. Check MASSIVE_API_KEY, then start again."
            )
        if status.status == "auth_timeout":
            raise FeedDisconnected(f"authentication timed out: {message}")
        if status.status == "max_connections":
            raise TooManyConnections(f"Massive: {message}")
        self.subscription.take(status)
        if status.status == "error" and NOT_AUTHORIZED not in message.lower():
            logger.warning("Massive answers with an error: %s", message)

    def _begin(self) -> None:
        now, mono = wall_ms(), time.monotonic()
        self._opened_ms = now
        self._opened = self._last_frame = self._last_clock = self._last_check = mono
        self._pinged: float | None = None
        self._confirming = True
        self._memory.silence.started(now)
        if self._memory.clock.knows:
            self._close_gap(self._memory.clock.at_most(now))

    # Steps

    def step(self, quiet: bool) -> None:
        """Take what has come, and see to all that time brings; raises when the session is over.

        quiet: no data is no fault now.
        """
        tuning = self._tuning
        frames = self._frames()
        now, mono = wall_ms(), time.monotonic()
        if frames:
            self._last_frame = mono
            self._take(frames, now)
        self._tell_time(mono, idle=not frames)
        self._keep_alive(mono)
        self._check(now, mono)
        if not quiet and mono - self._last_frame > tuning.stall_secs:
            raise Stalled(f"no data for {tuning.stall_secs:g} s")
        if quiet:
            self._last_frame = mono

    def _frames(self) -> list[bytes]:
        """What has come, bounded in frames and bytes; what came with the handshake first."""
        if self._waiting:
            early = list(self._waiting)
            self._waiting.clear()
            return early
        tuning = self._tuning
        return self._wire.receive(tuning.wait_secs, tuning.batch_frames, tuning.batch_bytes)

    def _take(self, frames: list[bytes], now: int) -> None:
        memory = self._memory
        decoded = memory.decoder.decode(frames, now - PAST_MS, now + FUTURE_MS)
        self._reject(decoded)
        memory.silence.halts(decoded.halts)
        batch = decoded.batch
        if len(batch):
            newest = int(batch.time_ms.max())
            memory.clock.observe(now, newest)
            self._close_gap(memory.clock.at_most(self._opened_ms))
            memory.silence.heard(batch.symbol_id, now)
            self._sink.ticks(batch, _position(memory.clock.newest_ms), received_ms=now)
            self.data_since = self.data_since or time.monotonic()
        for status in decoded.statuses:
            self._judge(status)

    def _reject(self, decoded: Decoded) -> None:
        for reason, count in decoded.rejected.counts.items():
            sample = decoded.rejected.samples.get(reason, b"")
            self._sink.rejected(reason, count, sample.replace(self._key.encode(), b"***"))

    def _close_gap(self, until_ms: int | None) -> None:
        """Tell what was missed before this connection, as soon as the feed's time is known."""
        if not self._gap_open or until_ms is None:
            return
        self._gap_open = False
        since = self._memory.lost_ms
        if since is None:
            since = until_ms // MINUTE_MS * MINUTE_MS
        if since < until_ms:
            self._sink.gap(FeedGap(since, until_ms, self._memory.lost_cause))

    def _tell_time(self, mono: float, idle: bool) -> None:
        if mono - self._last_clock < self._tuning.clock_secs:
            return
        self._last_clock = mono
        time_ms = self.complete_ms() if idle else self._memory.clock.newest_ms
        if time_ms is not None:
            self._memory.told_ms = max(self._memory.told_ms, time_ms)
            self._sink.clock(self._memory.told_ms, _position(time_ms))

    def _keep_alive(self, mono: float) -> None:
        """Ping a silent connection; one that does not answer is dead, close frame or not."""
        if self._wire.heard > (self._pinged or 0.0):
            self._pinged = None
        if self._pinged is not None:
            if mono - self._pinged > self._tuning.pong_secs:
                raise FeedDisconnected("no answer to a ping")
        elif mono - self._wire.heard > self._tuning.ping_secs:
            self._pinged = mono
            self._wire.ping()

    def _check(self, now: int, mono: float) -> None:
        """Unanswered topics, once; silent symbols, now and then."""
        if self._confirming and mono - self._opened > self._tuning.confirm_secs:
            self._confirming = False
            self._check_confirmed()
        if mono - self._last_check > self._tuning.silent_check_secs:
            self._last_check = mono
            silent = self._memory.silence.silent(now, int(self._tuning.silent_secs * 1000))
            if silent != self._told_silent:
                self._told_silent = silent
                self._sink.silent(silent)

    def _check_confirmed(self) -> None:
        subscription = self.subscription
        if subscription.refused and not subscription.confirmed and self.data_since is None:
            raise FeedAuthError(
                "Massive answers 'not authorized' to the subscription: the key's plan does not "
                "include these trades. Change the plan, or MASSIVE_WS_URL to the delayed feed "
                "(wss://delayed.massive.com/stocks), then start again."
            )
        if missing := subscription.unconfirmed:
            logger.warning(
                "%d of %d topics were not confirmed: %s",
                len(missing), len(subscription.wanted), ", ".join(missing[:10]),
            )  # fmt: skip

    # What is left behind

    def complete_ms(self, stalled: bool = False) -> int | None:
        """Event time up to which all trades are here; None if that is not known.

        Data comes in order, so any sign of life vouches for what was sent before it; but in a
        stall, signs of life vouch for nothing.
        """
        clock = self._memory.clock
        if stalled or clock.newest_ms is None:
            return clock.newest_ms
        return clock.surely(wall_ms() - int((time.monotonic() - self._wire.heard) * 1000))

    @property
    def caught_up(self) -> bool:
        """Whether what was missed before this connection has been told."""
        return not self._gap_open


def _position(complete_ms: int | None) -> bytes:
    return b'{"complete_ms":%d}' % (complete_ms or 0)
