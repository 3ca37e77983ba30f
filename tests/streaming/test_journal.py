"""The journal in a real Redis: what is appended is read back, whatever was repeated."""

from __future__ import annotations

import numpy as np
import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from streaming import epochs
from streaming.feeds.base import FeedGap
from streaming.journal import (
    START,
    Entry,
    Journal,
    JournalName,
    Kind,
    decode_batch,
    decode_gap,
    encode_batch,
    encode_gap,
    id_parts,
)
from streaming.ticks import COLUMN_TYPES, SymbolTable, TickBatch, empty_batch
from tests.streaming.entries import batch, trade

NAME = JournalName("test", "epoch")


def same(one: TickBatch, other: TickBatch) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        and getattr(one, name).dtype == getattr(other, name).dtype
        for name in COLUMN_TYPES
    )


@pytest.fixture
def journal(redis_client: redis.Redis) -> Journal:
    return Journal(redis_client, NAME)


def entry(journal: Journal, position: bytes = b"") -> Entry:
    ticks = batch([trade(1, key=1), trade(2, symbol=1)])
    return Entry(journal.next_id(), Kind.TICKS, 0, ticks, None, position, 17)


@given(st.integers(0, 50), st.integers(0, 2**31))
def test_columns_come_back_as_they_were(rows: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    made = TickBatch(*(dice.integers(0, 200, rows).astype(kind) for kind in COLUMN_TYPES.values()))
    assert same(decode_batch(encode_batch(made)), made)


def test_bytes_that_are_no_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="no multiple"):
        decode_batch(b"xyz")


@pytest.mark.parametrize("symbols", [None, ("A", "BRK.B"), ()])
def test_a_gap_comes_back_as_it_was(symbols: tuple[str, ...] | None) -> None:
    gap = FeedGap(1, 2, "a cause", symbols)
    assert decode_gap(encode_gap(gap)) == gap


def test_ids_compare_as_numbers() -> None:
    assert id_parts("9-9") < id_parts("10-0") < id_parts("10-1") < id_parts("10-10")


def test_entries_are_read_back_with_their_names_in_order(journal: Journal) -> None:
    symbols = SymbolTable(["A", "B"])
    written = [entry(journal, b"here") for _ in range(3)]
    gap = Entry(journal.next_id(), Kind.GAP, 0, empty_batch(), FeedGap(1, 2, "x"))
    clock = Entry(journal.next_id(), Kind.CLOCK, 99, empty_batch())
    for one in [*written, gap, clock]:
        journal.append(one, symbols)
    found = journal.read(START)
    assert [one.entry_id for one in found] == [one.entry_id for one in [*written, gap, clock]]
    assert same(found[0].batch, written[0].batch)
    assert (found[0].received_ms, found[0].position) == (17, b"here")
    assert (found[3].gap, found[4].clock_ms) == (gap.gap, 99)
    assert journal.read(written[1].entry_id)[0].entry_id == written[2].entry_id
    learnt = SymbolTable()
    Journal(journal.client, NAME).open(learnt)
    assert learnt.names == ["A", "B"]


def test_an_append_whose_answer_was_lost_may_be_repeated(journal: Journal) -> None:
    symbols = SymbolTable(["A", "B"])
    first = entry(journal)
    for _ in range(3):
        journal.append(first, symbols)
    assert len(journal) == 1
    assert journal.client.lrange(NAME.symbols, 0, -1) == [b"A", b"B"]


def test_new_names_are_added_once(journal: Journal) -> None:
    symbols = SymbolTable(["A"])
    journal.append(entry(journal), symbols)
    symbols.ids(["A", "B", "C"])
    journal.append(entry(journal), symbols)
    learnt = SymbolTable(["A"])
    journal.refresh_symbols(learnt)
    assert learnt.names == ["A", "B", "C"]


def test_the_parts_of_shards_are_written_all_or_none(journal: Journal) -> None:
    other = Journal(journal.client, JournalName("test", "epoch", 1))
    one = entry(journal)
    for _ in range(2):
        journal.append(one, SymbolTable(["A", "B"]), [(other, one)])
    assert [e.entry_id for e in other.read(START)] == [one.entry_id]
    assert len(journal) == 1


def test_a_journal_goes_on_after_its_newest_id_and_after_what_was_applied(journal: Journal) -> None:
    far = "99999999999999-5"
    journal.open(SymbolTable(), after=far)
    assert id_parts(journal.next_id()) > id_parts(far)
    journal.append(entry(journal), SymbolTable(["A", "B"]))
    again = Journal(journal.client, NAME)
    again.open(SymbolTable())
    assert id_parts(again.next_id()) > id_parts(journal.last_id())


def test_the_feeds_newest_position_is_found_behind_entries_without_one(journal: Journal) -> None:
    assert journal.last_position() == b""
    symbols = SymbolTable(["A", "B"])
    journal.append(entry(journal, b"first"), symbols)
    for _ in range(300):
        journal.append(Entry(journal.next_id(), Kind.CLOCK, 1, empty_batch()), symbols)
    assert journal.last_position() == b"first"


def test_all_entries_between_two_are_walked_and_those_before_can_be_trimmed(
    journal: Journal,
) -> None:
    symbols = SymbolTable(["A", "B"])
    written = [entry(journal) for _ in range(600)]
    for one in written:
        journal.append(one, symbols)
    walked = [e.entry_id for e in journal.entries(written[5].entry_id, written[590].entry_id)]
    assert walked == [e.entry_id for e in written[5:591]]
    journal.trim(written[500].entry_id)
    assert len(journal) < 600
    assert journal.read(written[499].entry_id)[0].entry_id == written[500].entry_id


def test_waiting_ends_with_nothing_or_with_what_came(journal: Journal) -> None:
    assert journal.wait(START, 10) == []
    one = entry(journal)
    journal.append(one, SymbolTable(["A", "B"]))
    assert [e.entry_id for e in journal.wait(START, 1000)] == [one.entry_id]


def test_an_epoch_lasts_until_it_is_finished_and_a_new_one_forgets_the_old(
    redis_client: redis.Redis,
) -> None:
    assert epochs.current(redis_client, "test") == ""
    first = epochs.begin(redis_client, "test", shards=2)
    assert epochs.current(redis_client, "test") == first
    assert epochs.shards(redis_client, "test") == 2
    old = Journal(redis_client, JournalName("test", first))
    old.append(entry(old), SymbolTable(["A", "B"]))
    epochs.finish(redis_client, "test")
    assert epochs.current(redis_client, "test") == ""
    assert epochs.begin(redis_client, "test") != first
    assert epochs.shards(redis_client, "test") == 1
    assert len(old) == 0
