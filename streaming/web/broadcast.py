"""Everything a web process knows of the stream, and what each reader still has to get of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from streaming.web.detections import EVENT_TYPES, DetectionEntry, DetectionLog
from streaming.web.frames import encode, event, unix_ms
from streaming.web.minutes import MinuteFrames, bar_frames, indicator_frames
from streaming.web.prices import PriceLog
from streaming.web.ring import Ring
from streaming.web.runs import TYPES as RUN_TYPES
from streaming.web.runs import RunLog

RATE_POINTS = 720
ONLINE_MS = 30_000


@dataclass(slots=True)
class StreamCursor:
    """A reader of `/ws/streaming/`: its place in each log, and the symbols it follows."""

    notices: int
    minutes: int
    prices: int = -1
    symbols: set[str] = field(default_factory=set)


class Broadcast:
    """Last state and recent events; `take` sorts a message in, `collect` says what to send.

    No IO and no clock: messages come in decoded, `now_ms` as an argument. Memory is bounded by
    the logs' capacities and the number of symbols, whatever the number and speed of the readers.
    """

    def __init__(self) -> None:
        self.session: dict[str, Any] | None = None
        self.health: dict[str, Any] | None = None
        self.rates: deque[tuple[int, float]] = deque(maxlen=RATE_POINTS)
        self.prices = PriceLog()
        self.notices: Ring[str] = Ring(256)
        self.minutes: Ring[MinuteFrames] = Ring(64)
        self.detections = DetectionLog()
        self.runs = RunLog()
        self.health_ms = 0.0
        self._takers: dict[str, Callable[[dict[str, Any], float], None]] = {
            "prices": self._take_prices,
            "bars": self._take_bars,
            "bars_revised": self._take_bars,
            "indicators": self._take_indicators,
            "streaming_health": self._take_health,
            "streaming_session_started": self._take_session,
            "streaming_session_stopped": self._take_session,
            **dict.fromkeys(EVENT_TYPES, self._take_detection),
            **dict.fromkeys(RUN_TYPES, self._take_run),
        }

    def take(self, message: dict[str, Any], now_ms: float) -> None:
        """Sort one published message in.

        Raises KeyError, TypeError or ValueError for a message that is not what the contract says.
        """
        kind = message["type"]
        if kind in self._takers:
            self._takers[kind](message, now_ms)

    def cursor(self) -> StreamCursor:
        """A reader that starts now; `snapshot` has what was before."""
        return StreamCursor(notices=self.notices.end, minutes=self.minutes.end)

    def snapshot(self, now_ms: float) -> list[str]:
        """Session, health and recent ticks/s, for a reader that has just come."""
        frames = []
        if self.session is not None:
            running = self.session.get("status") == "running"
            kind = "streaming_session_started" if running else "streaming_session_stopped"
            frames.append(event(kind, now_ms, session=self.session))
        if self.health is not None:
            frames.append(event("streaming_health", self.health_ms, health=self.health))
        frames.append(event("rates", now_ms, rates=list(self.rates)))
        return frames

    def online(self, now_ms: float) -> bool:
        """Whether the stream has been heard of in the last 30 seconds."""
        return self.health is not None and now_ms - self.health_ms < ONLINE_MS

    def collect(self, cursor: StreamCursor, now_ms: float) -> list[str]:
        """What a reader has not got yet; moves its cursor."""
        notices, lost_notices = self.notices.since(cursor.notices)
        minutes, lost_minutes = self.minutes.since(cursor.minutes)
        frames = (self.snapshot(now_ms) if lost_notices else []) + notices
        if lost_minutes:
            frames.append(event("resync", now_ms, reason="the connection was too slow"))
        for minute in minutes:
            frames.extend(minute.frames(cursor.symbols))
        prices = self.prices.frame(cursor.prices, now_ms)
        if prices is not None:
            frames.append(prices)
        cursor.notices, cursor.minutes = self.notices.end, self.minutes.end
        cursor.prices = self.prices.version
        return frames

    def restore(self, state: dict[str, Any], now_ms: float) -> None:
        """Take the last state that the stream left in Redis: session, health, prices.

        What was told of runs meanwhile is in the database alone.
        """
        self.runs.tear()
        for name in ("session", "health", "prices"):
            if isinstance(state.get(name), dict):
                self._restore_one(name, state[name], now_ms)
        self.prices.cut()

    def _restore_one(self, name: str, message: dict[str, Any], now_ms: float) -> None:
        payload = message.get(name, message)
        if name == "session":
            self._set_session(payload)
        elif name == "health":
            self.health = payload
            self.health_ms = unix_ms(payload.get("timestamp") or message.get("timestamp"))
        else:
            self.prices.offer(payload, message.get("sent_ms", now_ms))

    def _take_prices(self, message: dict[str, Any], now_ms: float) -> None:
        self.prices.offer(message["prices"], message.get("sent_ms", now_ms))

    def _take_bars(self, message: dict[str, Any], now_ms: float) -> None:
        self.minutes.append(bar_frames(message, now_ms))

    def _take_indicators(self, message: dict[str, Any], now_ms: float) -> None:
        self.minutes.append(indicator_frames(message, now_ms))

    def _take_health(self, message: dict[str, Any], now_ms: float) -> None:
        self.health = message["health"]
        self.health_ms = now_ms
        self.rates.append((int(now_ms), float(self.health.get("ticks_per_second", 0.0))))
        self.notices.append(encode(message))

    def _take_session(self, message: dict[str, Any], now_ms: float) -> None:
        self._set_session(message["session"])
        self.notices.append(encode(message))

    def _set_session(self, session: dict[str, Any]) -> None:
        before = (self.session or session).get("session_id")
        if before != session.get("session_id"):
            self.prices.clear()
        self.session = session

    def _take_detection(self, message: dict[str, Any], now_ms: float) -> None:
        pattern = message["pattern"]
        entry = DetectionEntry(int(pattern["seq"]), pattern, encode(message))
        self.detections.add(entry)

    def _take_run(self, message: dict[str, Any], now_ms: float) -> None:
        self.runs.take(message)
