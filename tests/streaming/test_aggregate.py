"""Ticks into bars: every rule by hand, and any stream of trades against a slow reference."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.calendar import calendar, to_ms
from streaming.aggregate import Aggregator, Outcome
from streaming.journal import START, Entry, id_parts
from streaming.slots import MinuteBars
from streaming.ticks import FORM_T
from tests.streaming.entries import MINUTE_MS, NOON_MS, Trade, clock, gap, ticks, trade
from tests.streaming.reference import slow_bars

MINUTE = NOON_MS // MINUTE_MS
Bars = dict[tuple[int, int], tuple[float, ...]]


def rows(bars: MinuteBars) -> Bars:
    """(symbol, minute) → open, high, low, close, volume, trades, late trades, partial."""
    names = ("open", "high", "low", "close", "volume", "trade_count", "revision", "is_partial")
    columns = (getattr(bars, name).tolist() for name in ("symbol_id", *names))
    minute = bars.minute_ms // MINUTE_MS
    return {(row[0], minute): row[1:] for row in zip(*columns, strict=True)}


def keep(stored: Bars, outcome: Outcome) -> None:
    """Store as the database does: what comes later replaces."""
    for bars in [*outcome.revised, *outcome.closed]:
        stored.update(rows(bars))


def run(entries: Sequence[Entry], aggregator: Aggregator | None = None) -> Bars:
    """What is stored after all entries."""
    aggregator = aggregator or Aggregator()
    stored: Bars = {}
    for entry in entries:
        keep(stored, aggregator.apply(entry))
    return stored


def only_bar(entries: Sequence[Entry], aggregator: Aggregator | None = None) -> tuple[float, ...]:
    stored = run(entries, aggregator)
    assert len(stored) == 1
    return next(iter(stored.values()))


# --- massive.md's edge cases, by hand -------------------------------------------------------------


def test_a_minute_holds_the_trades_from_its_start_up_to_but_not_at_its_end() -> None:
    stored = run([ticks(1, trade(0, 1.0), trade(59.999, 2.0), trade(60, 3.0)), clock(2, 121)])
    assert stored[0, MINUTE][:4] == (1.0, 2.0, 1.0, 2.0)
    assert stored[0, MINUTE + 1][:4] == (3.0, 3.0, 3.0, 3.0)


def test_a_minute_closes_once_the_newest_time_has_passed_its_end_by_the_grace() -> None:
    aggregator = Aggregator(grace_ms=250)
    assert not aggregator.apply(ticks(1, trade(1)))
    assert not aggregator.apply(clock(2, 60.249))
    closed = aggregator.apply(clock(3, 60.250)).closed
    assert [bars.minute_ms for bars in closed] == [NOON_MS]


def test_a_trade_within_the_grace_is_not_late() -> None:
    stored = run([ticks(1, trade(1, 1.0)), clock(2, 60.1), ticks(3, trade(59, 2.0)), clock(4, 61)])
    assert stored[0, MINUTE] == (1.0, 2.0, 1.0, 2.0, 200.0, 2, 0, False)


def test_a_bar_of_one_trade_has_equal_ohlc() -> None:
    bar = only_bar([ticks(1, trade(1, 5.5, 0.25)), clock(2, 61)])
    assert bar == (5.5, 5.5, 5.5, 5.5, 0.25, 1, 0, False)


def test_a_late_trade_revises_its_bar_and_is_counted() -> None:
    aggregator = Aggregator()
    first = [ticks(1, trade(10, 5.0)), ticks(2, trade(61, 6.0))]
    for entry in first:
        aggregator.apply(entry)
    # It is due at the next clock or close, not at once.
    assert not aggregator.apply(ticks(3, trade(20, 9.0)))
    outcome = aggregator.apply(clock(4, 62))
    assert not outcome.closed
    assert rows(outcome.revised[0]) == {(0, MINUTE): (5.0, 9.0, 5.0, 9.0, 200.0, 2, 1, False)}
    assert (aggregator.late, aggregator.processed) == (1, 3)


def test_a_late_trade_makes_the_bar_that_its_minute_did_not_have() -> None:
    entries = [ticks(1, trade(1)), ticks(2, trade(130)), ticks(3, trade(70, 7.0)), clock(4, 131)]
    assert run(entries)[0, MINUTE + 1] == (7.0, 7.0, 7.0, 7.0, 100.0, 1, 1, False)


@pytest.mark.parametrize(("minutes_late", "counts"), [(14, True), (15, False)])
def test_a_trade_revises_for_fifteen_minutes(minutes_late: int, counts: bool) -> None:
    aggregator = Aggregator()
    newest = 60.0 * (1 + minutes_late) + 1
    entries = [ticks(1, trade(1, 1.0)), clock(2, newest), ticks(3, trade(2, 2.0)), clock(4, newest)]
    stored = run(entries, aggregator)
    assert stored[0, MINUTE][3] == (2.0 if counts else 1.0)
    assert aggregator.dropped["too_late"] == (0 if counts else 1)


def test_a_trade_from_before_the_first_one_makes_no_bar() -> None:
    aggregator = Aggregator()
    entries = [ticks(1, trade(130)), clock(2, 200), ticks(3, trade(10)), clock(4, 201)]
    assert set(run(entries, aggregator)) == {(0, MINUTE + 2)}
    assert aggregator.dropped["too_late"] == 1


def test_open_and_close_follow_time_and_sequence_not_arrival() -> None:
    arrived = [
        trade(30, 3.0, sequence=5),
        trade(10, 1.0, sequence=2),
        trade(10, 2.0, sequence=1),
        trade(30, 4.0, sequence=4),
    ]
    assert only_bar([ticks(1, *arrived), clock(2, 61)])[:4] == (2.0, 4.0, 1.0, 3.0)


def test_trades_of_equal_time_and_sequence_keep_the_feeds_order() -> None:
    bar = only_bar([ticks(1, trade(5, 1.0), trade(5, 2.0), trade(5, 1.5)), clock(2, 61)])
    assert (bar[0], bar[3]) == (1.0, 1.5)


def test_a_repeated_trade_counts_once_however_it_comes_again() -> None:
    aggregator = Aggregator()
    one = trade(5, 2.0, key=77)
    entries = [ticks(1, one, one), ticks(2, one), clock(3, 61), ticks(4, one), clock(5, 62)]
    assert only_bar(entries, aggregator) == (2.0, 2.0, 2.0, 2.0, 100.0, 1, 0, False)
    assert aggregator.dropped["duplicate"] == 3


def test_trades_without_an_identity_are_never_duplicates() -> None:
    assert only_bar([ticks(1, trade(5), trade(5), trade(5)), clock(2, 61)])[4:6] == (300.0, 3)


def test_a_minute_of_odd_lots_alone_has_no_bar() -> None:
    assert run([ticks(1, trade(5, flags=4)), clock(2, 61)]) == {}


def test_an_odd_lot_adds_volume_and_may_carry_vwap_out_of_the_range() -> None:
    aggregator = Aggregator()
    aggregator.apply(ticks(1, trade(5, 10.0, 100.0), trade(6, 20.0, 50.0, flags=4)))
    bars = aggregator.apply(clock(2, 61)).closed[0]
    assert rows(bars)[0, MINUTE] == (10.0, 10.0, 10.0, 10.0, 150.0, 2, 0, False)
    assert bars.vwap.tolist() == [pytest.approx((10 * 100 + 20 * 50) / 150)]


def test_a_minute_without_trades_has_no_bar() -> None:
    assert run([ticks(1, trade(1)), clock(2, 500)]).keys() == {(0, MINUTE)}


def test_a_price_without_volume_makes_a_bar_whose_vwap_is_unknown() -> None:
    aggregator = Aggregator()
    aggregator.apply(ticks(1, trade(5, 10.0, flags=3)))
    bars = aggregator.apply(clock(2, 61)).closed[0]
    assert bars.volume.tolist() == [0.0]
    assert np.isnan(bars.vwap).all()


def test_a_trade_that_moves_the_range_alone_leaves_open_and_close() -> None:
    spike = trade(20, 99.0, flags=5)
    bar = only_bar([ticks(1, trade(1, 10.0), spike, trade(30, 11.0)), clock(2, 61)])
    assert bar[:5] == (10.0, 99.0, 10.0, 11.0, 300.0)


def test_a_trade_that_may_update_nothing_is_not_in_the_bar() -> None:
    bar = only_bar([ticks(1, trade(1, 10.0), trade(2, 99.0, flags=0)), clock(2, 61)])
    assert bar == (10.0, 10.0, 10.0, 10.0, 100.0, 1, 0, False)


def test_a_gap_makes_its_open_minutes_partial_and_no_others() -> None:
    entries = [ticks(1, trade(1)), clock(2, 61), ticks(3, trade(62)), gap(4, 70, 130)]
    stored = run([*entries, ticks(5, trade(140)), ticks(6, trade(185)), clock(7, 250)])
    assert [stored[0, MINUTE + i][-1] for i in range(4)] == [False, True, True, False]


# --- hours ---------------------------------------------------------------------------------------


def at(day: int, hour: int, minute: int, second: int = 0) -> float:
    """Seconds after `NOON_MS` of a moment in July 2024, New York time."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    moment = datetime(2024, 7, day, hour, minute, second, tzinfo=ZoneInfo("America/New_York"))
    return (to_ms(moment) - NOON_MS) / 1000


FORM_T_FLAGS = 7 | int(FORM_T)


def test_form_t_counts_for_volume_alone_in_regular_hours() -> None:
    aggregator = Aggregator(calendar("XNYS", "extended"))
    entries = [ticks(1, trade(1, 10.0), trade(2, 99.0, 5.0, flags=FORM_T_FLAGS)), clock(2, 61)]
    assert only_bar(entries, aggregator)[:5] == (10.0, 10.0, 10.0, 10.0, 105.0)


@pytest.mark.parametrize("moment", [(2, 8, 0), (2, 16, 1), (2, 18, 30), (3, 14, 0)])
def test_form_t_counts_in_full_before_and_after_regular_hours(moment: tuple[int, int, int]) -> None:
    when = at(*moment)
    entries = [ticks(1, trade(when, 9.0, flags=FORM_T_FLAGS)), clock(2, when + 61)]
    assert only_bar(entries, Aggregator(calendar("XNYS", "extended")))[:4] == (9.0,) * 4


def test_the_closing_auction_is_the_bar_of_its_own_minute_and_later_trades_are_not_taken() -> None:
    aggregator = Aggregator(calendar("XNYS"))
    last = trade(at(2, 15, 59, 59), 1.0)
    auction, after = trade(at(2, 16, 0, 3), 2.0), trade(at(2, 16, 5), 3.0)
    early = trade(at(2, 9, 29, 59), 4.0)
    stored = run([ticks(1, early, last, auction, after), clock(2, at(2, 16, 10))], aggregator)
    assert sorted(bar[3] for bar in stored.values()) == [1.0, 2.0]
    assert aggregator.dropped["out_of_session"] == 2


def test_after_an_early_close_nothing_is_taken() -> None:
    aggregator = Aggregator(calendar("XNYS"))
    entries = [ticks(1, trade(at(3, 13, 4)), trade(at(3, 13, 5))), clock(2, at(3, 14, 0))]
    assert len(run(entries, aggregator)) == 1


# --- any stream, against the slow reference -------------------------------------------------------


def stream(seed: int, length: int) -> list[Entry]:
    """Entries in any order of time, with trades late by up to 20 minutes, and repeated ones."""
    dice = random.Random(seed)
    made: list[Trade] = []
    entries: list[Entry] = []
    now = 0.0
    for number in range(1, length + 1):
        now += dice.choice([0.1, 5.0, 30.0, 61.0, 200.0, 1500.0])
        kind = dice.choice("tttttcg")
        if kind == "c":
            entries.append(clock(number, now))
        elif kind == "g":
            entries.append(gap(number, now - dice.choice([3.0, 90.0, 1400.0]), now))
        else:
            for _ in range(dice.randint(1, 6)):
                made.append(any_trade(dice, made, now))  # noqa: PERF401: each depends on the last
            entries.append(ticks(number, *made[-dice.randint(1, 8) :]))
    return [*entries, clock(length + 1, now + 120)]


def any_trade(dice: random.Random, made: list[Trade], now: float) -> Trade:
    """A new trade, maybe late, or one that came before."""
    if made and dice.random() < 0.2:
        return dice.choice(made)
    return trade(
        now - dice.choice([0, 0, 0, 0.3, 20.0, 70.0, 400.0, 890.0, 1200.0]),
        dice.randint(1, 2000) / 4,
        dice.randint(1, 4000) / 8,
        symbol=dice.randint(0, 2),
        flags=dice.choice([7, 7, 7, 7, 4, 5, 3, 0]),
        sequence=len(made),
        key=len(made) + 1,
    )


# A stream is drawn by its seed: drawing each trade is a hundred times as slow.
streams = st.builds(stream, st.integers(0, 2**32), st.integers(2, 30))


def plain(bars: Bars) -> Bars:
    return {key: tuple(float(value) for value in bar) for key, bar in bars.items()}


@settings(max_examples=300, deadline=None)
@given(streams)
def test_any_stream_gives_the_bars_of_the_slow_reference(entries: list[Entry]) -> None:
    aggregator, reference = Aggregator(), slow_bars(entries)
    assert plain(run(entries, aggregator)) == plain(reference.stored())
    assert aggregator.late == reference.late
    assert aggregator.dropped["duplicate"] == reference.duplicates
    assert aggregator.dropped["too_late"] == reference.too_late


@settings(max_examples=150, deadline=None)
@given(streams, st.integers(0, 1000))
def test_any_order_within_an_entry_gives_the_same_bars(entries: list[Entry], seed: int) -> None:
    expected, dice = run(entries), random.Random(seed)
    shuffled = []
    for number, entry in enumerate(entries, 1):
        order = list(range(len(entry.batch)))
        dice.shuffle(order)
        moved = entry.batch.take(np.array(order, np.intp))
        shuffled.append(Entry(f"{number}-0", entry.kind, entry.clock_ms, moved, entry.gap))
    assert run(shuffled) == expected


def restarted(entries: list[Entry], rewind: str, applied: str) -> Aggregator:
    """A new process: rebuilt from `rewind` to `applied`, as the bars' worker does it."""
    aggregator = Aggregator()
    if rewind != START:
        aggregator.continue_journal()
    for entry in entries:
        if id_parts(rewind) <= id_parts(entry.entry_id) <= id_parts(applied):
            aggregator.apply(entry)
    aggregator.forget_counts()
    return aggregator


def made_of(outcome: Outcome) -> tuple[list[Bars], list[Bars]]:
    return [rows(bars) for bars in outcome.closed], [rows(bars) for bars in outcome.revised]


@settings(max_examples=300, deadline=None)
@given(streams)
def test_a_restart_after_any_entry_makes_what_would_have_been_made(entries: list[Entry]) -> None:
    steady = Aggregator()
    outcomes = [steady.apply(entry) for entry in entries]
    watched = Aggregator()
    for number, entry in enumerate(entries, 1):
        outcome = watched.apply(entry)
        if not outcome:
            continue  # the place is saved with bars, and with nothing else
        again = restarted(entries, watched.rewind_id(entry.entry_id), entry.entry_id)
        for later, expected in zip(entries[number:], outcomes[number:], strict=True):
            assert made_of(again.apply(later)) == made_of(expected)
        assert again.closed_through == steady.closed_through
        assert [rows(b) for b in again.open_bars()] == [rows(b) for b in steady.open_bars()]


def test_a_start_in_a_quiet_market_still_takes_a_late_trade_of_the_silence() -> None:
    """Minute 20 is the first with a trade after the start; a trade of minute 18 is late."""
    entries = [ticks(1, trade(1)), *(clock(2 + i, 60.0 * i) for i in range(1, 20))]
    entries += [ticks(40, trade(60 * 20 + 1)), clock(41, 60 * 21 + 1)]
    entries += [ticks(42, trade(60 * 18 + 1)), clock(43, 60 * 21 + 2)]
    steady = Aggregator()
    for entry in entries[:-2]:
        steady.apply(entry)
    rewind = steady.rewind_id("41-0")
    assert rewind not in (START, "1-0")
    again = restarted(entries, rewind, "41-0")
    stored = run(entries[-2:], again)
    assert stored.keys() == {(0, MINUTE + 18)}


def test_a_gap_longer_than_the_memory_still_marks_its_last_minute_after_a_start() -> None:
    entries = [ticks(1, trade(1)), gap(2, 5, 3605), ticks(3, trade(3610)), clock(4, 3615)]
    steady = Aggregator()
    for entry in entries:
        steady.apply(entry)
    again = restarted(entries, steady.rewind_id("4-0"), "4-0")
    assert run([clock(5, 3700)], again)[0, MINUTE + 60][-1] == 1


def test_the_place_to_resume_is_the_oldest_entry_of_an_open_minute() -> None:
    aggregator = Aggregator()
    for entry in [ticks(1, trade(1)), ticks(2, trade(61)), ticks(3, trade(62)), clock(4, 63)]:
        aggregator.apply(entry)
    assert aggregator.resume_id("4-0") == "2-0"
    assert aggregator.rewind_id("4-0") == START


def test_counts_start_from_nothing_after_a_rebuild() -> None:
    aggregator = Aggregator()
    for entry in [ticks(1, trade(1, key=1), trade(1, key=1)), clock(2, 61)]:
        aggregator.apply(entry)
    aggregator.forget_counts()
    assert (aggregator.processed, aggregator.late, aggregator.dropped.total()) == (0, 0, 0)


def test_open_minutes_are_partial_and_those_without_a_bar_are_left_out() -> None:
    aggregator = Aggregator()
    aggregator.apply(ticks(1, trade(1), trade(59, flags=4, symbol=1)))
    assert [rows(bars) for bars in aggregator.open_bars()] == [
        {(0, MINUTE): (10.0, 10.0, 10.0, 10.0, 100.0, 1, 0, True)}
    ]
    assert Aggregator().open_bars() == []


def test_an_outcome_without_bars_is_nothing() -> None:
    assert not Outcome()
    assert not Aggregator().apply(gap(1, 0, 1))
