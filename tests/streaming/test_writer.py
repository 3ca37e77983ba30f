"""The sink of a feed: journalled first, bounded while Redis is away, and nothing lost unsaid."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import redis

from streaming import writer
from streaming.counters import Counters
from streaming.feeds.base import FeedGap
from streaming.journal import START, Entry, Journal, JournalName, Kind
from streaming.ticks import SymbolTable, TickBatch, empty_batch
from streaming.writer import JournalWriter
from tests.streaming.entries import NOON_MS, batch, trade


class Flaky(Journal):
    """A journal whose Redis can be away."""

    away = False

    def append(
        self, entry: Entry, symbols: SymbolTable, others: Sequence[tuple[Journal, Entry]] = ()
    ) -> None:
        if self.away:
            raise redis.ConnectionError("away")
        super().append(entry, symbols, others)


class Setting:
    """A writer, its journals, and what its listener was told."""

    def __init__(self, client: redis.Redis, shards: int = 1, **bounds: int) -> None:
        names = [JournalName("test", "epoch", shard) for shard in range(shards)]
        self.journals = [Flaky(client, name) for name in names]
        self.counters, self.told = Counters(), []
        self.writer = JournalWriter(
            self.journals, SymbolTable(["A", "B"]), self.counters, [self.told.append], **bounds
        )

    def read(self, shard: int = 0) -> list[Entry]:
        return self.journals[shard].read(START)


@pytest.fixture
def setting(redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Setting:
    monkeypatch.setattr(writer, "RETRY_SECS", 0)
    return Setting(redis_client, buffer_ticks=10)


def some(*seconds: float, symbol: int = 0) -> TickBatch:
    return batch([trade(at, symbol=symbol) for at in seconds])


def test_what_the_feed_hands_over_is_journalled_and_then_told(setting: Setting) -> None:
    setting.writer.ticks(some(1, 2), b"here", received_ms=5)
    setting.writer.clock(NOON_MS, b"there")
    setting.writer.gap(FeedGap(1, 2, "x"))
    setting.writer.ticks(empty_batch())
    assert [e.kind for e in setting.read()] == [Kind.TICKS, Kind.CLOCK, Kind.GAP]
    assert [e.entry_id for e in setting.told] == [e.entry_id for e in setting.read()]
    counters = setting.counters
    assert (counters.ticks_received, counters.last_received_ms) == (2, 5)
    assert counters.newest_tick_ms == NOON_MS + 2000


def test_while_redis_is_away_entries_wait_and_are_written_in_order_afterwards(
    setting: Setting,
) -> None:
    setting.journals[0].away = True
    setting.writer.ticks(some(1))
    setting.writer.ticks(some(2))
    assert setting.told == []
    assert setting.counters.redis_down_since_ms > 0
    assert setting.counters.buffered_ticks == 2
    setting.journals[0].away = False
    assert setting.writer.flush()
    assert [e.batch.time_ms[0] - NOON_MS for e in setting.read()] == [1000, 2000]
    assert (setting.counters.redis_down_since_ms, setting.counters.buffered_ticks) == (0, 0)


def test_over_the_bound_the_oldest_are_let_go_counted_and_told_as_a_gap(setting: Setting) -> None:
    setting.journals[0].away = True
    for second in range(0, 40, 2):
        setting.writer.ticks(some(second, second + 1))
    assert setting.counters.dropped["no_room"] == 30
    assert setting.counters.buffered_ticks == 10
    setting.journals[0].away = False
    setting.writer.flush()
    gap, *kept = setting.read()
    assert gap.kind is Kind.GAP
    assert gap.gap is not None
    assert (gap.gap.started_ms, gap.gap.ended_ms) == (NOON_MS, NOON_MS + 29_001)
    assert sum(len(e.batch) for e in kept) == 10
    # The bars, who read from memory, are told of the gap as well.
    assert [e.entry_id for e in setting.told] == [e.entry_id for e in setting.read()]


def test_a_journal_at_its_bound_takes_no_more_until_it_is_trimmed(
    redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LENGTH_CHECK_SECS", 0)
    setting = Setting(redis_client, max_entries=3)
    for second in range(6):
        setting.writer.ticks(some(second))
    assert len(setting.read()) == 3
    assert setting.counters.error_count == 1
    redis_client.delete(setting.journals[0].name.stream)
    setting.writer.clock(NOON_MS)
    assert sum(len(e.batch) for e in setting.read()) >= 1


def test_each_shard_gets_its_own_symbols_and_everybodys_time(redis_client: redis.Redis) -> None:
    setting = Setting(redis_client, shards=2)
    setting.writer.ticks(batch([trade(1), trade(2, symbol=1), trade(3, symbol=2)]))
    setting.writer.clock(NOON_MS + 5000)
    even, odd = setting.read(0), setting.read(1)
    assert even[0].batch.symbol_id.tolist() == [0, 2]
    assert odd[0].batch.symbol_id.tolist() == [1]
    assert odd[0].clock_ms == NOON_MS + 3000
    assert [e.clock_ms for e in (even[1], odd[1])] == [NOON_MS + 5000] * 2


def test_connection_silence_and_what_was_set_aside_are_counted(setting: Setting) -> None:
    setting.writer.connected(True, "here")
    setting.writer.rejected("bad_json", 3, b"{")
    setting.writer.rejected("bad_json")
    setting.writer.silent(["A"])
    counters = setting.counters
    assert (counters.feed_connected, counters.feed_detail) == (True, "here")
    assert (counters.rejected["bad_json"], counters.silent_symbols) == (4, ("A",))
