"""Made-up input: names, trades by the minute, and stored history to go before them."""

from __future__ import annotations

from collections.abc import Iterator

from streaming.aggregate import MINUTE_MS, Aggregator
from streaming.feeds.synthetic.trades import SyntheticMarket
from streaming.journal import Entry, Kind
from streaming.slots import MinuteBars
from streaming.ticks import TickBatch, empty_batch

START_MS = 1_763_389_800_000
"""2025-11-17 14:30 UTC, a Monday's open in New York."""
HISTORY_MINUTES = 60


def names(count: int) -> list[str]:
    """Symbols of one to five letters, as an exchange has them."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    made = []
    for number in range(count):
        text, rest = "", number
        while rest >= 0:
            text = letters[rest % 26] + text
            rest = rest // 26 - 1
        made.append(text)
    return made


def minutes(market: SyntheticMarket, first: int, count: int) -> Iterator[tuple[int, TickBatch]]:
    """(start, trades) of minutes, numbered from START_MS."""
    for number in range(first, first + count):
        start = START_MS + number * MINUTE_MS
        yield start, market.ticks(start, start + MINUTE_MS)


def chunks(batch: TickBatch, size: int) -> Iterator[TickBatch]:
    """The batch in pieces of at most `size` ticks."""
    for start in range(0, len(batch), size):
        yield batch.take(slice(start, start + size))


def history(
    market: SyntheticMarket, count: int = HISTORY_MINUTES, before: int = 0
) -> list[MinuteBars]:
    """Closed bars of the minutes before number `before`."""
    aggregator, made = Aggregator(None), []
    number = 0
    for _, batch in minutes(market, before - count, count):
        number += 1
        made += aggregator.apply(Entry(f"{number}-0", Kind.TICKS, 0, batch)).closed
    until = START_MS + before * MINUTE_MS
    end = Entry(f"{number + 1}-0", Kind.CLOCK, until + MINUTE_MS, empty_batch())
    return [bars for bars in [*made, *aggregator.apply(end).closed] if bars.minute_ms < until]


def first(market: SyntheticMarket, ticks: int) -> TickBatch:
    """The first `ticks` trades from START_MS on."""
    span_ms = int(ticks * 1_000 / market.ticks_per_second) + 1_000
    return market.ticks(START_MS, START_MS + span_ms).take(slice(ticks))
