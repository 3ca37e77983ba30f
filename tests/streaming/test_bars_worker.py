"""Entries into stored bars: what is saved when, and what a lost Redis or database leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import redis

from streaming import bars_worker
from streaming.aggregate import Aggregator
from streaming.bars_worker import BarsWorker
from streaming.counters import Counters
from streaming.journal import START, Entry, id_parts
from streaming.positions import Position
from streaming.slots import MinuteBars
from streaming.ticks import SymbolTable
from tests.streaming.entries import MINUTE_MS, NOON_MS, clock, ticks, trade


class Away(Exception):
    """The database is away, as the tests' fake has it."""


class World:
    """Fakes of the journal, the database and the analyst around a real worker."""

    def __init__(self, entries: list[Entry], monkeypatch: pytest.MonkeyPatch) -> None:
        self.all, self.saved, self.away_after = entries, [], 1_000_000
        self.redis_away = False
        self.told: list[tuple[int, bool]] = []
        self.counters = Counters()
        self.trimmed: list[str] = []
        monkeypatch.setattr(bars_worker.store, "save_minute", self.save_minute)
        self.worker = BarsWorker(
            self, self, SymbolTable(["A"]), Aggregator(), self, self, self.counters, self
        )

    # the journal
    def take(self, after: str, timeout_secs: float) -> list[Entry]:
        if self.redis_away:
            raise redis.ConnectionError("away")
        return [e for e in self.all if id_parts(e.entry_id) > id_parts(after)]

    def entries(self, start: str, end: str) -> list[Entry]:
        first, last = id_parts(start), id_parts(end)
        return [e for e in self.all if first <= id_parts(e.entry_id) <= last]

    def trim(self, oldest: str) -> None:
        self.trimmed.append(oldest)

    # the database
    def run(self, work: Any) -> Any:
        return work(self)

    def save_minute(
        self, _: Any, bars: list[MinuteBars], symbols: SymbolTable, position: Position
    ) -> int:
        self.away_after -= 1
        if self.away_after < 0:
            raise Away
        self.saved.append(([b.minute_ms for b in bars], position))
        return sum(len(b) for b in bars)

    # the analyst and the listener
    def recover(self, position: Position) -> None:
        self.position = position

    def analyse(self, revised: Any, minute: Any, position: Position) -> None:
        through = position.analysed_through_ms
        if minute is not None:
            through = max(through, minute.minute_ms + MINUTE_MS)
        self.position = replace(position, analysed_through_ms=through)

    def advance(self, through_ms: int, position: Position) -> None:
        self.advanced_ms, self.position = through_ms, position

    def bars_stored(self, bars: MinuteBars, revised: bool) -> None:
        self.told.append((bars.minute_ms, revised))


FRESH = Position("test", 0, "epoch", "replay")


def test_a_closed_minute_is_saved_with_the_place_up_to_which_it_was_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World([ticks(1, trade(1)), ticks(2, trade(61)), clock(3, 62)], monkeypatch)
    world.worker.start(FRESH)
    assert world.worker.step(0)
    ((minutes, place),) = world.saved
    assert minutes == [NOON_MS]
    assert (place.applied_id, place.resume_id, place.rewind_id) == ("2-0", "2-0", START)
    assert place.stored_through_ms == NOON_MS + MINUTE_MS
    assert world.told == [(NOON_MS, False)]
    assert world.counters.ticks_processed == 2
    assert not world.worker.step(0)


def test_an_entry_that_closes_many_minutes_counts_as_applied_with_the_last_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = ticks(2, *(trade(60 * minute) for minute in range(1, 40)))
    world = World([ticks(1, trade(1)), many, clock(3, 60 * 41)], monkeypatch)
    world.worker.start(FRESH)
    world.worker.step(0)
    places = [place for _, place in world.saved]
    assert {place.applied_id for place in places[:37]} == {START}
    assert [place.stored_through_ms for place in places] == sorted(
        NOON_MS + MINUTE_MS * (minute + 1) for minute in range(40)
    )
    # Killed after any of them, a start makes every minute that is missing.
    for done in range(1, len(places)):
        again = World(world.all, monkeypatch)
        again.worker.start(places[done - 1])
        again.worker.step(0)
        made = {minute for minutes, _ in again.saved for minute in minutes}
        assert made >= {NOON_MS + MINUTE_MS * minute for minute in range(done, 40)}


def test_revisions_are_saved_and_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    late = [ticks(1, trade(1)), clock(2, 61), ticks(3, trade(2)), clock(4, 62)]
    world = World(late, monkeypatch)
    world.worker.start(FRESH)
    world.worker.step(0)
    assert world.told == [(NOON_MS, False), (NOON_MS, True)]
    assert world.counters.bars_revised == 1
    assert world.counters.late_ticks == 1


def test_a_redis_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World([ticks(1, trade(1))], monkeypatch)
    world.worker.start(FRESH)
    world.redis_away = True
    assert not world.worker.step(0)
    assert world.counters.redis_down_since_ms > 0
    world.redis_away = False
    assert world.worker.step(0)
    assert world.counters.redis_down_since_ms == 0
    assert world.worker.read_through == "1-0"


def test_what_the_database_did_not_take_does_not_count_as_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World([ticks(1, trade(1)), clock(2, 61), clock(3, 62)], monkeypatch)
    world.worker.start(FRESH)
    world.away_after = 0
    with pytest.raises(Away):
        world.worker.step(0)
    assert world.worker.read_through == "1-0"
    assert world.worker.position == FRESH


def test_the_journal_is_trimmed_once_its_beginning_is_out_of_reach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steady = [ticks(1 + minute, trade(60 * minute)) for minute in range(30)]
    world = World(steady, monkeypatch)
    world.worker.start(FRESH)
    world.worker.step(0)
    # Minutes 0 to 27 are closed; minute 12 is the sixteenth before the oldest open one.
    assert world.trimmed[-1] == "13-0"
