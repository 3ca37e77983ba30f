"""Bars in matrices of symbols × minutes, and what of two of them is equal."""

from __future__ import annotations

import numpy as np

from admin_processing.fidelity.comparison import Evidence, compare, equal_cells
from admin_processing.fidelity.grid import grid
from tests.admin_processing.made_provider import bars

MINUTES = np.arange(0, 4 * 60_000, 60_000)
ROWS = [
    ("B", 60_000, 10.0, 10.4, 9.8, 10.2, 1200.0, 10.1, 8),
    ("A", 0, 5.0, 5.0, 5.0, 5.0, 100.0, 5.0, 1),
    ("A", 120_000, 5.0, 5.2, 5.0, 5.1, 300.0, 5.1, 3),
]


def nothing(symbols: int, **known: object) -> Evidence:
    none = np.zeros((symbols, len(MINUTES)), np.bool_)
    every = np.ones(len(MINUTES), np.bool_)
    return Evidence(none, none, every, every, ~every, ~every, **known)


def test_bars_lie_in_the_cells_of_their_symbol_and_minute() -> None:
    made = grid(["A", "B"], MINUTES, bars(*ROWS), np.array([True, False, False]))
    assert made.has.tolist() == [[True, False, True, False], [False, True, False, False]]
    assert made.values["close"][0, 2] == 5.1
    assert made.partial.tolist() == [[False] * 4, [False, True, False, False]]


def test_other_symbols_and_minutes_are_left_out() -> None:
    strange = [("C", 0, *ROWS[1][2:]), ("A", 30_000, *ROWS[1][2:]), ("A", 999_000, *ROWS[1][2:])]
    assert grid(["A", "B"], MINUTES, bars(*ROWS, *strange)).has.sum() == 3


def test_chosen_cells_are_bars_again() -> None:
    made = grid(["A", "B"], MINUTES, bars(*ROWS))
    back = made.bars(np.ones((2, 4), np.bool_))
    assert back.symbol.tolist() == ["A", "A", "B"]
    assert back.time_ms.tolist() == [0, 120_000, 60_000]
    assert back.trade_count.tolist() == [1, 3, 8]


def test_a_grid_without_bars_has_none() -> None:
    made = grid(["A", "B"], MINUTES, bars())
    assert not made.has.any()
    assert len(made.bars(made.has)) == 0


def test_a_vwap_rounded_to_four_digits_is_equal() -> None:
    ours = bars(("A", 0, 10.0, 10.4, 9.8, 10.2, 1200.0, 10.123449, 8))
    theirs = bars(("A", 0, 10.0, 10.4, 9.8, 10.2, 1200.0, 10.1234, 8))
    assert equal_cells(grid(["A"], MINUTES, ours), grid(["A"], MINUTES, theirs))[0, 0]


def test_what_one_side_does_not_know_is_no_difference() -> None:
    ours = bars(("A", 0, 10.0, 10.4, 9.8, 10.2, 1200.0))
    theirs = bars(("A", 0, 10.0, 10.4, 9.8, 10.2, 1200.0, 10.1234, 8))
    assert equal_cells(grid(["A"], MINUTES, ours), grid(["A"], MINUTES, theirs))[0, 0]


def test_a_day_is_counted_symbol_by_symbol() -> None:
    ours = grid(["A", "B", "C"], MINUTES, bars(*ROWS))
    other = ("A", 120_000, 5.0, 5.2, 5.0, 5.2, 300.0, 5.1, 3)
    theirs = grid(["A", "B", "C"], MINUTES, bars(ROWS[0], ROWS[1], other))
    a, b, c = compare(ours, theirs, nothing(3)).scores()
    assert (a.bars, a.equal, a.explained, a.unexplained, a.corrected) == (2, 1, 0, 1, 1)
    assert (b.bars, b.equal, b.unexplained) == (1, 1, 0)
    assert (c.bars, c.equal, c.unexplained, c.by_rule) == (0, 0, 0, {})


def test_a_bar_that_the_provider_does_not_have_is_taken_over_by_nothing() -> None:
    ours = grid(["A"], MINUTES, bars(ROWS[1]))
    found = compare(ours, grid(["A"], MINUTES, bars()), nothing(1))
    assert found.taken.tolist() == [False]
    assert next(found.scores()).unexplained == 1
