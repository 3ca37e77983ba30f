"""How soon a bar is stored, and its detections published, at 10,000 ticks a second.

    python -m benchmarks bar_latency

The whole stream runs, with 100 symbols whose time passes sixty times as fast as the clock: 10,000
ticks and one minute's close in each second. A bar is due when its feed hands over the trade that
lets its minute close; it is stored when the transaction has been committed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from benchmarks.figures import Figure
from benchmarks.rounds import percentile

SYMBOLS = 100
TICKS_A_SECOND = 10_000
SPEED = 60
EMIT_SECS = 0.02
CLOSES, QUICK_CLOSES = 40, 4
GOAL_MS, DETECTION_GOAL_MS = 50.0, 100.0


def measure(*, quick: bool) -> list[Figure]:
    """p99 of bar due → stored, and of bar stored → its detections published."""
    from benchmarks import shared

    shared.set_up_django()
    shared.clear()
    from benchmarks import market
    from streaming import interpreter

    feed = FastFeed(market.names(SYMBOLS), QUICK_CLOSES if quick else CLOSES)
    stream = _stream(feed)
    stored, published = _watch()
    interpreter.settle()
    stream.run()
    due = feed.due
    to_stored = [(stored[at] - due[at]) * 1e3 for at in due if at in stored]
    to_published = [(published[at] - stored[at]) * 1e3 for at in stored if at in published]
    return [
        _figure("bar due → stored, p99", to_stored, GOAL_MS, _commit_ms()),
        _figure(
            "bar stored → detections published, p99", to_published, DETECTION_GOAL_MS, _commit_ms()
        ),
    ]


def _figure(name: str, taken: list[float], goal: float, commit_ms: float) -> Figure:
    """The first minute stands apart: it reads history, once a start."""
    first, *values = taken
    return Figure(
        name=name,
        value=percentile(values, 0.99),
        unit="ms",
        goal=goal,
        reference=commit_ms,
        reference_name="one row inserted and committed",
        spread=(min(values), max(values)),
        detail={
            "p50, ms": percentile(values, 0.5),
            "minutes": len(values),
            "first minute, which loads history, ms": first,
        },
    )


class FastFeed:
    """The synthetic market with its time running `SPEED` times as fast as the clock."""

    name = source = "bench"

    def __init__(self, names: list[str], closes: int) -> None:
        from streaming.feeds.synthetic.trades import SyntheticMarket

        interval = SYMBOLS * SPEED / TICKS_A_SECOND
        self.market = SyntheticMarket(names, interval_secs=interval, late_share=0.0)
        self.names, self.closes = names, closes
        self.due: dict[int, float] = {}

    def run(self, sink: Any, resume: bytes, stop: threading.Event) -> None:
        """Hand over what is due, every `EMIT_SECS`, until enough minutes have closed."""
        from benchmarks.market import START_MS
        from streaming.aggregate import MINUTE_MS

        sink.symbols.ids(self.names)
        step_ms = round(EMIT_SECS * 1000 * SPEED)
        end_ms = START_MS + self.closes * MINUTE_MS + 1_000
        begun, now = time.perf_counter(), START_MS
        while now < end_ms and not stop.is_set():
            batch = self.market.ticks(now, now + step_ms)
            now += step_ms
            self._note_due(int(batch.time_ms.max()))
            sink.ticks(batch)
            behind = time.perf_counter() - begun - (now - START_MS) / 1000 / SPEED
            if behind < 0:
                time.sleep(-behind)

    def _note_due(self, newest_ms: int) -> None:
        """A minute is due once the watermark, which trails by a grace, has passed its end."""
        from streaming.aggregate import MINUTE_MS

        watermark = newest_ms - 250
        minute_ms = watermark // MINUTE_MS * MINUTE_MS - MINUTE_MS
        self.due.setdefault(minute_ms, time.perf_counter())


def _stream(feed: FastFeed) -> Any:
    from benchmarks import shared
    from market.calendar import calendar
    from patterns.registry import standard
    from streaming.stream import Stream
    from streaming.stream_options import StreamOptions

    options = StreamOptions("bench", feed.names, ignore_market_hours=True, once=True)
    return Stream(feed, options, calendar("24/7"), standard(), shared.redis_client())


def _watch() -> tuple[dict[int, float], dict[int, float]]:
    """When each minute's bars were stored, and when its detections were out."""
    from streaming.broadcast import BarBroadcast

    stored: dict[int, float] = {}
    published: dict[int, float] = {}
    latest = [0]

    def note_stored(bars: Any, revised: bool) -> None:
        latest[0] = bars.minute_ms
        stored.setdefault(bars.minute_ms, time.perf_counter())

    _before(BarBroadcast, "bars_stored", note_stored)

    def note_published() -> None:
        published[latest[0]] = time.perf_counter()

    # Detections go out last; a minute without any is done once its indicators are out.
    _after(BarBroadcast, "analysed", note_published)
    _after(BarBroadcast, "outbox_filled", note_published)
    return stored, published


def _before(owner: Any, name: str, note: Callable[..., object]) -> None:
    original = getattr(owner, name)

    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        note(*args, **kwargs)
        return original(self, *args, **kwargs)

    setattr(owner, name, watched)


def _after(owner: Any, name: str, note: Callable[[], object]) -> None:
    original = getattr(owner, name)

    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        made = original(self, *args, **kwargs)
        note()
        return made

    setattr(owner, name, watched)


def _commit_ms(rounds: int = 20) -> float:
    """What the database alone takes for one row and its commit."""
    from django.db import connection

    from benchmarks.rounds import median_seconds

    statement = (
        "INSERT INTO ohlcv_1min (symbol, timestamp, open, high, low, close, volume)"
        " VALUES ('ONE', now(), 1, 1, 1, 1, 1)"
        " ON CONFLICT (symbol, timestamp) DO UPDATE SET open = 1"
    )
    with connection.cursor() as cursor:
        return median_seconds(lambda: cursor.execute(statement), rounds) * 1e3
