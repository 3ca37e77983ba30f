"""A stand-in for the stream: a seeded market that stores history and publishes as agreed.

    python -m tests.browser.fake_stream --symbols 70 --minutes 180      (needs the services' env)

It writes what the real stream writes and publishes on the same channels, so that the pages can be
looked at, and tested, with any number of symbols and in any state.
"""

from __future__ import annotations

import argparse
import math
import random
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from redis import Redis

from patterns.identity import detection_id, flow_id

MINUTE_MS = 60_000
NAMES = ["RSI_14", "SMA_20", "SMA_50", "EMA_9", "EMA_20", "MACD", "MACD_SIGNAL"]
NAMES += ["BB_UPPER", "BB_LOWER", "ATR_14", "VWAP"]
TYPES = [("engulfing", "bullish"), ("hammer", "bullish"), ("morning_star", "bullish")]
TYPES += [("engulfing", "bearish"), ("evening_star", "bearish"), ("hanging_man", "bearish")]
TYPES += [("doji", "neutral"), ("volume_spike", "neutral"), ("session_high", "bullish")]

BAR = """INSERT INTO ohlcv_1min (symbol, timestamp, open, high, low, close, volume, vwap,
    trade_count, source)
    VALUES (%s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s, %s, 'synthetic')
    ON CONFLICT DO NOTHING"""
DETECTION = """INSERT INTO {table} (symbol, timestamp, detection_key, detection_id,
    pattern_type, timeframe, direction, confidence, price, detection_timestamp, flow_id)
    VALUES (%s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s, %s, now(), %s)
    ON CONFLICT DO NOTHING RETURNING seq"""
BECOMES = """UPDATE {table} SET state = %(state)s, state_timestamp = now(),
    life = coalesce(life, '[]')
        || jsonb_build_array(jsonb_build_array(%(state)s::text, %(ms)s::int8)),
    seq = nextval('intraday_pattern_seq') WHERE detection_id = %(id)s RETURNING seq"""
TABLES = {"daily": "daily_patterns", "combo": "combo_patterns"}
VALUES = """INSERT INTO intraday_indicator_values
    (symbol, timeframe, timestamp, set_id, values, calculation_timestamp)
    VALUES (%s, '1m', to_timestamp(%s / 1000.0), %s, %s, now()) ON CONFLICT DO NOTHING"""


@dataclass
class Quote:
    """One symbol's price, walking."""

    symbol: str
    price: float
    previous_close: float
    swing: float
    volume: float = 0.0
    closes: list[float] = field(default_factory=list)
    bar: list[float] = field(default_factory=list)

    def walk(self, dice: random.Random, pace: float = 1.0) -> None:
        """One trade; `pace` scales its step, the more often it walks, the smaller."""
        self.price = max(0.5, self.price * math.exp(dice.gauss(0, pace * self.swing)))
        size = dice.choice([1, 10, 50, 100, 100, 200, 500])
        self.volume += size
        if not self.bar:
            self.bar = [self.price] * 4 + [0.0]
        self.bar[1] = max(self.bar[1], self.price)
        self.bar[2] = min(self.bar[2], self.price)
        self.bar[3] = self.price
        self.bar[4] += size

    def close(self) -> list[float] | None:
        """The minute's open, high, low, close and volume, or None without a trade."""
        bar, self.bar = self.bar, []
        if bar:
            self.closes.append(bar[3])
        return bar or None

    def indicators(self) -> list[float]:
        """Plausible values; what they mean is tested elsewhere."""
        recent = self.closes[-50:]
        sma20, sma50 = sum(recent[-20:]) / len(recent[-20:]), sum(recent) / len(recent)
        spread = 2 * (sum((x - sma20) ** 2 for x in recent[-20:]) / len(recent[-20:])) ** 0.5
        macd = self.price - sma20
        rsi = 50 + 50 * math.tanh(macd / (spread or 1))
        vwap = sum(self.closes) / len(self.closes)
        tail = [sma20 + spread, sma20 - spread, spread / 4, vwap]
        return [rsi, sma20, sma50, (self.price + sma20) / 2, sma20, macd, macd / 2, *tail]


class FakeStream:
    """Stores and publishes for `symbols`; every step is a method that a test can call."""

    def __init__(
        self, database: psycopg.Connection, redis: Redis, symbols: list[str], seed: int = 7
    ) -> None:
        self.database, self.redis = database, redis
        self.dice = random.Random(seed)
        self.quotes = [self._quote(symbol) for symbol in symbols]
        self.session = {
            "session_id": str(uuid.uuid4()),
            "source": "synthetic",
            "universe": "market_leaders:top_500",
            "symbol_count": len(symbols),
            "start_time": self._iso(),
            "status": "running",
        }
        self.counts = {"bars_written": 0, "patterns_detected": 0, "indicators_calculated": 0}
        self.set_id = self._indicator_set()

    def _quote(self, symbol: str) -> Quote:
        price = self.dice.uniform(12, 620)
        close = price * self.dice.uniform(0.985, 1.015)
        return Quote(symbol, price, close, self.dice.uniform(2e-4, 9e-4))

    @staticmethod
    def _iso() -> str:
        return datetime.now(UTC).isoformat()

    def _indicator_set(self) -> int:
        add = "INSERT INTO indicator_sets (names) VALUES (%s) ON CONFLICT DO NOTHING"
        self.database.execute(add, [NAMES])
        found = self.database.execute("SELECT id FROM indicator_sets WHERE names = %s", [NAMES])
        return int(found.fetchone()[0])  # type: ignore[index]

    # --- history ----------------------------------------------------------------------------------

    def history(self, minutes: int, until_ms: int) -> None:
        """Store the minutes before `until_ms`, with indicators and detections."""
        for minute_ms in range(until_ms - minutes * MINUTE_MS, until_ms, MINUTE_MS):
            for quote in self.quotes:
                for _ in range(self.dice.randint(3, 9)):
                    quote.walk(self.dice)
            self.close_minute(minute_ms, publish=False)

    def close_minute(self, minute_ms: int, publish: bool = True) -> None:
        """Close every symbol's bar of this minute: store it, publish it, and detect something."""
        bars = {quote.symbol: bar for quote in self.quotes if (bar := quote.close())}
        rows = [
            (symbol, minute_ms, *bar, sum(bar[:4]) / 4, int(bar[4] / 2) + 1)
            for symbol, bar in bars.items()
        ]
        values = {quote.symbol: quote.indicators() for quote in self.quotes if quote.closes}
        with self.database.cursor() as cursor:
            cursor.executemany(BAR, rows)
            cursor.executemany(
                VALUES, [(symbol, minute_ms, self.set_id, row) for symbol, row in values.items()]
            )
        self.counts["bars_written"] += len(bars)
        self.counts["indicators_calculated"] += len(NAMES) * len(values)
        if publish:
            self.publish("bars", "bars", minute_ms=minute_ms, timeframe="1m", bars=bars)
            self.publish(
                "indicators",
                "indicators",
                minute_ms=minute_ms,
                timeframe="1m",
                names=NAMES,
                values=values,
            )
        for symbol in self.dice.sample(sorted(bars), min(len(bars), 2 + len(bars) // 40)):
            kind, direction = self.dice.choice(TYPES)
            self.detect(symbol, kind, direction, minute_ms, bars[symbol][3], publish)

    def detect(
        self,
        symbol: str,
        kind: str,
        direction: str,
        minute_ms: int,
        price: float,
        publish: bool,
        timeframe: str = "1m",
        tier: str = "intraday",
    ) -> dict[str, Any]:
        """Store one detection and publish it; returns the `pattern` object."""
        detection_key = f"{kind}:{timeframe}"
        found = detection_id(symbol, detection_key, minute_ms)
        flow, confidence = flow_id(symbol, minute_ms), round(self.dice.uniform(0.45, 0.98), 3)
        key = (symbol, minute_ms, detection_key, found, kind, timeframe)
        statement = DETECTION.format(table=TABLES.get(tier, "intraday_patterns"))
        values = (*key, direction, confidence, price, flow)
        row = self.database.execute(statement, values).fetchone()  # type: ignore[arg-type]
        self.counts["patterns_detected"] += 1
        pattern = {
            "detection_id": found,
            "seq": row[0] if row else 0,
            "state": "formed",
            "symbol": symbol,
            "pattern_type": kind,
            "timeframe": timeframe,
            "tier": tier,
            "direction": direction,
            "confidence": confidence,
            "price": price,
            "bar_timestamp": datetime.fromtimestamp(minute_ms / 1000, UTC).isoformat(),
            "detection_timestamp": self._iso(),
            "flow_id": flow,
        }
        if publish and row:
            self._send("tickstock:patterns:streaming", "pattern_detected", pattern=pattern)
        return pattern

    def become(self, pattern: dict[str, Any], state: str, minute_ms: int) -> None:
        """Bring a detection to another state, with the bar that begins at `minute_ms`."""
        statement = BECOMES.format(table=TABLES.get(pattern["tier"], "intraday_patterns"))
        values = {"state": state, "ms": minute_ms, "id": pattern["detection_id"]}
        row = self.database.execute(statement, values).fetchone()  # type: ignore[arg-type]
        now = pattern | {"state": state, "seq": row[0]}  # type: ignore[index]
        self._send("tickstock:patterns:streaming", "pattern_state", pattern=now)

    # --- live -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the session."""
        self._announce("session", "session_started", "streaming_session_started", self.session)

    def stop(self, status: str = "stopped") -> None:
        """Close the session."""
        self.session |= {"status": status, "end_time": self._iso()}
        self._announce("session", "session_stopped", "streaming_session_stopped", self.session)

    def tick(self, share: float = 0.3) -> dict[str, list[float]]:
        """Some symbols trade; their quotes are published, and the whole market remembered."""
        for quote in self.quotes:
            if self.dice.random() < share:
                quote.walk(self.dice, pace=0.26)
        now_ms = int(time.time() * 1000)
        prices = {quote.symbol: self._row(quote, now_ms) for quote in self.quotes if quote.bar}
        message = self.publish("prices", "prices", prices=prices, sent_ms=now_ms)
        self.redis.hset("tickstock:state", "prices", message)
        return prices

    @staticmethod
    def _row(quote: Quote, now_ms: int) -> list[float]:
        change = 100 * (quote.price / quote.previous_close - 1)
        return [round(quote.price, 2), round(change, 3), quote.volume, now_ms]

    def health(self, status: str = "healthy", **more: Any) -> None:
        """Report."""
        report = {
            "session_id": self.session["session_id"],
            "source": self.session["source"],
            "status": status,
            "reasons": [],
            "detectors_loaded": 8,
            "indicators_loaded": 7,
            "active_symbols": len(self.quotes),
            "ticks_per_second": round(len(self.quotes) * self.dice.uniform(0.8, 1.3), 1),
            "late_ticks": 3,
            "dropped_ticks": 0,
            "feed_lag_ms": self.dice.randint(4, 30),
            "memory_mb": 142.6,
            "cpu_percent": 6.1,
            "error_count": 0,
            "feed_connected": True,
            "timestamp": self._iso(),
        }
        self._announce(
            "health", "health", "streaming_health", report | self.counts | more, name="health"
        )

    def publish(self, channel: str, kind: str, **payload: Any) -> bytes:
        """Publish on `tickstock:streaming:<channel>`."""
        return self._send(f"tickstock:streaming:{channel}", kind, **payload)

    def _announce(
        self, state: str, channel: str, kind: str, payload: dict[str, Any], name: str = "session"
    ) -> None:
        message = self.publish(channel, kind, **{name: payload})
        self.redis.hset("tickstock:state", state, message)

    def _send(self, channel: str, kind: str, **payload: Any) -> bytes:
        head = {"type": kind, "event_id": uuid.uuid4().hex, "timestamp": self._iso()}
        message = msgspec.json.encode(head | payload)
        self.redis.publish(channel, message)
        return message

    def run(self, secs: float, health_secs: float = 10.0) -> None:
        """Live for `secs`: quotes five times a second, a bar each minute, health now and then."""
        end, next_health = time.time() + secs, 0.0
        minute = int(time.time() // 60)
        while time.time() < end:
            if time.time() >= next_health:
                self.health()
                next_health = time.time() + health_secs
            self.tick()
            if int(time.time() // 60) > minute:
                self.close_minute(minute * MINUTE_MS)
                minute = int(time.time() // 60)
            time.sleep(0.2)


def main() -> None:
    """Run until interrupted, against the services that the environment names."""
    import os

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=70)
    parser.add_argument("--minutes", type=int, default=180)
    parser.add_argument("--secs", type=float, default=1e9)
    options = parser.parse_args()
    database = psycopg.connect(os.environ["DATABASE_READWRITE_URL"], autocommit=True)
    redis = Redis.from_url(os.environ["REDIS_URL"])
    named = database.execute("SELECT symbol FROM symbols ORDER BY symbol").fetchall()
    symbols = [row[0] for row in named][: options.symbols]
    symbols += [f"SYM{number}" for number in range(options.symbols - len(symbols))]
    stream = FakeStream(database, redis, symbols)
    now_ms = int(time.time() // 60) * MINUTE_MS
    with database.transaction():
        stream.history(options.minutes, now_ms)
    stream.start()
    stream.run(options.secs)


if __name__ == "__main__":
    main()
