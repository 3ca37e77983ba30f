"""The newest prices: which are shown, how often, and against what."""

from __future__ import annotations

from streaming.prices import PriceBoard
from streaming.ticks import SymbolTable
from tests.streaming.entries import NOON_MS, Trade, batch, trade


def board(*trades: Trade, names: tuple[str, ...] = ("A", "B")) -> PriceBoard:
    made = PriceBoard(SymbolTable(names))
    if trades:
        made.update(batch(trades), received_ms=1000)
    return made


def test_a_price_is_shown_with_change_volume_and_time() -> None:
    made = board()
    made.set_references({"A": 100.0, "UNKNOWN": 1.0})
    made.set_volumes({"A": 50.0, "UNKNOWN": 1.0})
    made.update(batch([trade(1, 101.0, 10.0), trade(2, 102.5, 5.0)]), received_ms=1000)
    assert made.due(10_000) == {"A": [102.5, 2.5, 65.0, NOON_MS + 2000]}


def test_without_a_previous_close_the_first_price_is_the_reference() -> None:
    made = board(trade(1, 10.0))
    made.update(batch([trade(2, 11.0)]), received_ms=1000)
    assert made.due(10_000)["A"][1] == 10.0


def test_a_price_is_due_once_and_no_more_than_four_times_a_second() -> None:
    made = board(trade(1, 10.0))
    assert list(made.due(10_000)) == ["A"]
    assert made.due(20_000) == {}
    made.update(batch([trade(2, 11.0)]), received_ms=1000)
    assert list(made.due(20_001)) == ["A"]
    made.update(batch([trade(3, 12.0)]), received_ms=1000)
    assert made.due(20_100) == {}
    assert made.due(20_251)["A"][0] == 12.0


def test_odd_lots_and_stragglers_move_no_price() -> None:
    made = board(trade(5, 10.0), trade(6, 99.0, 3.0, flags=4), trade(4, 9.0))
    assert made.due(10_000)["A"] == [10.0, 0.0, 203.0, NOON_MS + 5000]


def test_volumes_begin_anew_with_a_new_session_and_not_with_the_first() -> None:
    made = board(trade(1, 10.0))
    made.start_session_if_new(1)
    made.start_session_if_new(1)
    assert made.snapshot()["A"][2] == 100.0
    made.start_session_if_new(2)
    assert made.snapshot()["A"][2] == 0.0


def test_symbols_that_ticked_are_counted_and_only_they_are_in_the_snapshot() -> None:
    made = board(trade(1, symbol=1))
    assert (made.active(1000), made.active(1001)) == (1, 0)
    assert list(made.snapshot()) == ["B"]


def test_a_symbol_that_comes_later_finds_room() -> None:
    made = board(trade(1))
    made.symbols.ids([f"S{number}" for number in range(2000)])
    made.update(batch([trade(1, 7.0, symbol=1500)]), received_ms=1)
    assert made.snapshot()["S1498"][0] == 7.0
