"""What leaves the stream as events: prices, ticks, bars, indicators and detections.

Bars and analyses are told by the bars' thread once they are stored; prices and ticks go out from
a thread of their own, so that no minute's work delays them.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Sequence

import msgspec
import numpy as np

from patterns import identity
from patterns.analysis import MinuteAnalysis
from patterns.events import CHANNEL as LIVE
from patterns.store import stored_names
from streaming import indicator_messages, publish
from streaming.analyst import send_outbox
from streaming.database import PatientDatabase
from streaming.flow import FlowLog, sampled
from streaming.journal import Entry
from streaming.prices import PriceBoard
from streaming.publish import Publisher, encode, event
from streaming.slots import MinuteBars
from streaming.ticks import OPEN_CLOSE, SymbolTable, TickBatch

PROBE_SECS = 1.0
OUTBOX_RETRY_SECS = 1.0
SNAPSHOT_SECS = 1.0
TICK_TAPE_BATCHES = 2_000
_tick_numbers = itertools.count()


def now_ms() -> int:
    """Wall clock, Unix milliseconds."""
    return time.time_ns() // 1_000_000


class BarBroadcast:
    """Tells of stored bars, indicators and detections, and notes their stages in the flow log."""

    def __init__(
        self,
        publisher: Publisher,
        symbols: SymbolTable,
        flow: FlowLog,
        database: PatientDatabase,
        source: str,
        bar_every: int,
    ) -> None:
        self._publisher, self._symbols, self._flow = publisher, symbols, flow
        self._database, self._source, self._bar_every = database, source, bar_every
        self._outbox_waits = False
        self._retry_at = 0.0

    def bars_stored(self, bars: MinuteBars, revised: bool) -> None:
        """Publish one minute's bars."""
        columns = (bars.open, bars.high, bars.low, bars.close, bars.volume)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        names = self._symbols.names
        named = {names[i]: row for i, row in zip(bars.symbol_id.tolist(), rows, strict=True)}
        kind = "bars_revised" if revised else "bars"
        self._publisher.send(
            publish.BARS, kind, minute_ms=bars.minute_ms, timeframe="1m", bars=named
        )
        if not revised:
            self._note_bars(bars)

    def _note_bars(self, bars: MinuteBars) -> None:
        chosen = sampled(bars.symbol_id, bars.minute_ms, self._bar_every)
        stored = now_ms()
        for symbol_id, last_ms in zip(
            bars.symbol_id[chosen].tolist(), bars.last_ms[chosen].tolist(), strict=True
        ):
            symbol = self._symbols.names[symbol_id]
            flow = identity.flow_id(symbol, bars.minute_ms)
            detail = {"trade_ms": last_ms}
            self._flow.record("tick", flow, symbol, min(last_ms, stored), detail)
            for stage in ("bar", "saved", "published"):
                self._flow.record(stage, flow, symbol, stored)

    def analysed(self, analyses: Sequence[MinuteAnalysis]) -> None:
        """Publish indicators of the analysed bars; detections leave by the outbox."""
        stored = stored_names()
        for analysis in analyses:
            self._tell(indicator_messages.told(analysis, stored))
            self._note_detections(analysis)

    def _tell(self, analysis: MinuteAnalysis) -> None:
        rows = indicator_messages.encoded_rows(analysis)
        message = indicator_messages.whole(analysis, rows)
        self._publisher.send_all([(publish.INDICATOR_MATRIX, message)])
        messages = indicator_messages.single(analysis, rows)
        self._publisher.send_while_heard(publish.INDICATORS, messages)

    def _note_detections(self, analysis: MinuteAnalysis) -> None:
        symbols = dict.fromkeys(found.symbol for found in analysis.found)
        bar = analysis.bar_time_ms, analysis.timeframe
        flows = [(identity.flow_id(symbol, *bar), symbol) for symbol in symbols]
        self._flow.record_all(("tick", "bar", "detection", "saved"), flows, now_ms())

    def outbox_filled(self) -> None:
        """Send the detections that the database holds for sending."""
        self._database.run(lambda connection: send_outbox(connection, self._send))

    def step(self) -> None:
        """Try again to send the detections that Redis did not take."""
        if self._outbox_waits and time.monotonic() >= self._retry_at:
            self.outbox_filled()

    def _send(self, messages: list[tuple[str, bytes]]) -> bool:
        sent = len(self._publisher.send_all(messages)) == len(messages)
        self._outbox_waits = not sent
        self._retry_at = time.monotonic() + OUTBOX_RETRY_SECS
        if sent:
            self._flow.record_all(("published",), flows_of(messages), now_ms())
        return sent


class _Told(msgspec.Struct):
    """What a detection's event says of its flow."""

    symbol: str
    flow_id: str


class _Event(msgspec.Struct):
    type: str
    pattern: _Told


_events = msgspec.json.Decoder(_Event)


def flows_of(messages: Sequence[tuple[str, bytes]]) -> list[tuple[str, str]]:
    """(flow id, symbol) of the detections among events; what becomes of them later is no stage."""
    events = (_events.decode(message) for channel, message in messages if channel == LIVE)
    told = (event.pattern for event in events if event.type != "pattern_state")
    return list(dict.fromkeys((pattern.flow_id, pattern.symbol) for pattern in told))


class PriceBroadcast:
    """Conflated prices for browsers, and single ticks while somebody listens for them."""

    def __init__(self, publisher: Publisher, board: PriceBoard, source: str) -> None:
        self._publisher, self._board, self._source = publisher, board, source
        self._tape: deque[TickBatch] = deque(maxlen=TICK_TAPE_BATCHES)
        self._listened = False
        self._probe_at = self._snapshot_at = 0.0

    def ticks_journalled(self, entry: Entry) -> None:
        """Take note of a journalled batch; called from the feed's thread."""
        if len(entry.batch):
            self._board.update(entry.batch, entry.received_ms)
            if self._listened or not self._tape:
                self._tape.append(entry.batch)

    def step(self) -> None:
        """Send what is due."""
        quotes = self._board.due(now_ms())
        if quotes:
            self._publisher.send(
                publish.PRICES,
                "prices",
                source=self._source,
                sent_ms=now_ms(),
                prices=quotes,
            )
        self._send_ticks()
        self._keep_snapshot()

    def _send_ticks(self) -> None:
        """All ticks while somebody listens; else one a second, whose answer tells who does."""
        if not self._tape:
            return
        if not self._listened and time.monotonic() < self._probe_at:
            return
        self._probe_at = time.monotonic() + PROBE_SECS
        batches = [self._tape.popleft() for _ in range(len(self._tape))]
        most = None if self._listened else 1
        messages = [m for batch in batches for m in self._tick_messages(batch, most)]
        sent = self._publisher.send_all(messages if self._listened else messages[-1:])
        self._listened = bool(sent) and sent[-1] > 0

    def _tick_messages(self, batch: TickBatch, most: int | None) -> list[tuple[str, bytes]]:
        """The batch's ticks with a price to show; the last `most` of them, None for all."""
        names = self._board.symbols.names
        rows = np.flatnonzero(batch.flags & OPEN_CLOSE)
        shown = batch.take(rows if most is None else rows[-most:])
        columns = (shown.symbol_id, shown.price, shown.size, shown.time_ms)
        return [
            (publish.TICKS, encode(self._tick(names[i], price, size, at)))
            for i, price, size, at in zip(*(c.tolist() for c in columns), strict=True)
        ]

    def _tick(self, symbol: str, price: float, size: float, at_ms: int) -> dict[str, object]:
        return {
            "type": "market_tick",
            "event_id": f"{symbol}-{at_ms}-{next(_tick_numbers):x}",
            "symbol": symbol,
            "price": price,
            "volume": size,
            "timestamp": at_ms,
            "source": self._source,
        }

    def _keep_snapshot(self) -> None:
        if time.monotonic() < self._snapshot_at:
            return
        self._snapshot_at = time.monotonic() + SNAPSHOT_SECS
        quotes = self._board.snapshot()
        if quotes:
            message = event("prices", source=self._source, sent_ms=now_ms(), prices=quotes)
            self._publisher.remember("prices", encode(message))
