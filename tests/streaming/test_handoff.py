"""Entries reach the bars through memory, or from the journal; none twice, none never."""

from __future__ import annotations

import pytest
import redis

from streaming import handoff
from streaming.handoff import Handoff, JournalSource
from streaming.journal import START, Entry, id_parts
from tests.streaming.entries import ticks, trade


class FakeJournal:
    """A journal in memory, that can be away."""

    def __init__(self) -> None:
        self.all: list[Entry] = []
        self.reads_until_away = 1_000_000
        self.waited: list[int] = []

    def append(self, number: int) -> Entry:
        self.all.append(ticks(number, trade(number)))
        return self.all[-1]

    def read(self, after: str, count: int = 256) -> list[Entry]:
        self.reads_until_away -= 1
        if self.reads_until_away < 0:
            raise redis.ConnectionError("away")
        later = [e for e in self.all if id_parts(e.entry_id) > id_parts(after)]
        return later[:count]

    def wait(self, after: str, block_ms: int) -> list[Entry]:
        self.waited.append(block_ms)
        return self.read(after)


def numbers(entries: list[Entry]) -> list[int]:
    return [id_parts(entry.entry_id)[0] for entry in entries]


@pytest.fixture
def journal() -> FakeJournal:
    return FakeJournal()


def test_a_start_reads_the_journal_and_goes_on_in_memory(journal: FakeJournal) -> None:
    passing = Handoff(journal)
    journal.append(1)
    assert numbers(passing.take(START, 0)) == [1]
    assert passing.take("1-0", 0) == []
    passing.put(journal.append(2))
    journal.reads_until_away = 0
    assert numbers(passing.take("1-0", 0)) == [2]


def test_an_entry_that_was_read_is_not_taken_again_from_memory(journal: FakeJournal) -> None:
    passing = Handoff(journal)
    passing.take(START, 0)
    passing.put(journal.append(1))
    passing.put(journal.append(2))
    assert numbers(passing.take("1-0", 0)) == [2]


def test_bars_that_fall_behind_read_on_from_the_journal(
    journal: FakeJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handoff, "BOUND_ENTRIES", 3)
    passing = Handoff(journal)
    passing.take(START, 0)
    for number in range(1, 8):
        passing.put(journal.append(number))
    assert numbers(passing.take(START, 0)) == [1, 2, 3, 4, 5, 6, 7]


def test_a_second_look_that_fails_leaves_nothing_out(journal: FakeJournal) -> None:
    passing = Handoff(journal)
    journal.reads_until_away = 1
    with pytest.raises(redis.ConnectionError):
        passing.take(START, 0)
    journal.append(1)  # appended between the two looks: memory never had it
    journal.reads_until_away = 1_000
    passing.put(journal.append(2))
    assert numbers(passing.take(START, 0)) == [1, 2]


def test_a_second_look_that_finds_too_much_looks_again(
    journal: FakeJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handoff, "BOUND_ENTRIES", 2)
    passing = Handoff(journal)
    first = journal.read

    def look(after: str, count: int = 256) -> list[Entry]:
        found = first(after, count)
        if not journal.all:
            for number in range(1, 6):
                passing.put(journal.append(number))
        return found

    monkeypatch.setattr(journal, "read", look)
    taken: list[int] = []
    for _ in range(4):
        after = f"{taken[-1]}-0" if taken else START
        taken += numbers(passing.take(after, 0))
    assert taken == [1, 2, 3, 4, 5]


def test_a_shard_of_its_own_waits_at_the_journal(journal: FakeJournal) -> None:
    journal.append(1)
    assert numbers(JournalSource(journal).take(START, 0.1)) == [1]
    assert journal.waited == [100]
