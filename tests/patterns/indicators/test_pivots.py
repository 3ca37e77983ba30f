"""Swing pivots against a plain loop over lists, and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patterns.engine import LiveEngine
from patterns.evaluate import indicator_history
from patterns.examples import path
from patterns.history import HistoryView
from patterns.indicators.pivots import AGO, DEFINITIONS, KIND, NEW, PRICE
from patterns.matrix import BarMatrix
from patterns.pivots import PIVOT_INPUTS, pivots, unit, unit_before
from patterns.registry import Registry
from tests.patterns.bars import MINUTE, START, as_matrix, minute, session_start, walk

REGISTRY = Registry(DEFINITIONS, [])


def kind_at(highs: list[float], lows: list[float], bar: int) -> int:
    """1, -1 or 0, from the definition; the three bars on each side must be there."""
    if bar < 3 or bar + 3 >= len(highs):
        return 0
    sides = range(1, 4)
    top = all(highs[bar] > highs[bar - n] and highs[bar] >= highs[bar + n] for n in sides)
    low = all(lows[bar] < lows[bar - n] and lows[bar] <= lows[bar + n] for n in sides)
    return int(top) - int(low)


def runs_of(highs: list[float], lows: list[float], known: int) -> list[list[tuple[int, int]]]:
    """Fractals known at bar `known` as (bar, kind), grouped into runs of one kind.

    Runs from before a time without one kind are left out.
    """
    found = [(bar, kind_at(highs, lows, bar)) for bar in range(known - 2)]
    runs: list[list[tuple[int, int]]] = []
    last_seen = {1: 0, -1: 0}
    fractals = {bar + 3: (bar, kind) for bar, kind in found if kind}
    for now in range(known + 1):
        if now in fractals:
            bar, kind = fractals[now]
            last_seen[kind] = now
            if runs and runs[-1][-1][1] == kind:
                runs[-1].append((bar, kind))
            else:
                runs.append([(bar, kind)])
        if any(now - seen > 60 for seen in last_seen.values()):
            runs = []
    return runs


def plain(highs: list[float], lows: list[float], known: int) -> list[tuple[float, int, int]]:
    """(price, bars ago, kind) at bar `known`, newest first."""
    swings = []
    for run in reversed(runs_of(highs, lows, known)[-8:]):
        kind = run[0][1]
        best = max(run, key=lambda one: (highs[one[0]] if kind > 0 else -lows[one[0]], -one[0]))
        price = highs[best[0]] if kind > 0 else lows[best[0]]
        swings.append((price, known - best[0], kind))
    return [swing for swing in swings if swing[1] <= 120]


def listed(outputs: dict, row: int, bar: int) -> list[tuple[float, int, int]]:
    """The same of the indicator's outputs."""
    kind = outputs[KIND][row, bar]
    swings = []
    for number, (price, ago) in enumerate(zip(PRICE, AGO, strict=True)):
        if np.isfinite(outputs[price][row, bar]):
            sign = int(kind) * (-1) ** number
            swings.append((outputs[price][row, bar], int(outputs[ago][row, bar]), sign))
    return swings


def assert_as_the_plain_loop(matrix: BarMatrix, every: int = 1) -> None:
    outputs = indicator_history(matrix, DEFINITIONS)
    for row in range(len(matrix.symbols)):
        count = int(matrix.count[row])
        highs, lows = (
            side[row, matrix.bars - count :].tolist() for side in (matrix.high, matrix.low)
        )
        for bar in range(0, count, every):
            shown = listed(outputs, row, matrix.bars - count + bar)
            assert shown == plain(highs, lows, bar), (row, bar)


def chart(bars) -> BarMatrix:
    minutes = [minute(START + n * MINUTE, {0: bar}) for n, bar in enumerate(bars)]
    return as_matrix(minutes, ["A"])


ZIGZAG = path([(0, 100), (6, 106), (12, 101), (17, 108), (22, 103), (26, 107)])


def test_pivots_of_a_zigzag_by_hand():
    outputs = indicator_history(chart(ZIGZAG), DEFINITIONS)
    # Known three bars later: at bar 25 the low of bar 22, whose wick is 0.1 below its close.
    assert listed(outputs, 0, 25) == [
        (102.9, 3, -1),
        (108.1, 8, 1),
        (100.9, 13, -1),
        (106.1, 19, 1),
    ]
    assert listed(outputs, 0, 8) == []
    assert listed(outputs, 0, 9) == [(106.1, 3, 1)]
    assert np.flatnonzero(outputs[NEW][0] > 0).tolist() == [9, 15, 20, 25]


def test_of_two_highs_without_a_low_between_them_the_higher_counts():
    bars = [(10.0, 10.0 + high, 9.0 - 0.01 * n, 10.0, 1.0) for n, high in enumerate(HIGHS)]
    outputs = indicator_history(chart(bars), DEFINITIONS)
    assert listed(outputs, 0, 6) == [(15.0, 3, 1)]
    assert listed(outputs, 0, 11) == [(16.0, 3, 1)]
    # The third, 15.5, is lower and changes nothing.
    assert listed(outputs, 0, 16) == [(16.0, 8, 1)]
    assert np.flatnonzero(outputs[NEW][0] > 0).tolist() == [6, 11]


HIGHS = [1, 2, 3, 5, 3, 2, 1, 2, 6, 3, 2, 1, 3, 5.5, 3, 2, 1]


def test_a_bar_that_is_both_a_high_and_a_low_is_neither():
    bars = [(10.0, 11.0, 9.0, 10.0, 1.0)] * 9
    bars[4] = (10.0, 12.0, 8.0, 10.0, 1.0)
    outputs = indicator_history(chart(bars), DEFINITIONS)
    assert not (outputs[NEW][0] > 0).any()
    assert listed(outputs, 0, 8) == []


def test_swings_are_forgotten_when_the_price_stands_still():
    flat = [(107.0, 107.1, 106.9, 107.0, 1.0)] * 70
    outputs = indicator_history(chart([*ZIGZAG, *flat]), DEFINITIONS)
    # The last low became known at bar 25, the last high at bar 20: without another it is over.
    assert len(listed(outputs, 0, 29)) > 0
    assert listed(outputs, 0, 20 + 60 + 10) == []
    assert listed(outputs, 0, len(ZIGZAG) + 69) == []


def test_real_bars_have_the_pivots_of_the_plain_loop(daily: BarMatrix):
    assert_as_the_plain_loop(daily.take(range(0, 505, 101)).until(400), every=13)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**31),
    traded=st.floats(0.3, 1.0),
    tick=st.sampled_from([0.01, 0.05, 0.25]),
)
def test_made_up_bars_have_the_pivots_of_the_plain_loop(seed, traded, tick):
    assert_as_the_plain_loop(as_matrix(walk(2, 150, seed, traded, tick), ["A", "B"]), every=7)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**31), traded=st.floats(0.3, 1.0))
def test_live_equals_history(seed, traded):
    minutes = walk(3, 90, seed, traded, tick=0.05)
    outputs = indicator_history(as_matrix(minutes, ["A", "B", "C"]), DEFINITIONS)
    live = LiveEngine(["A", "B", "C"], Registry(shown(), []), session_start)
    made = [live.close(one) for one in minutes]
    for row in range(3):
        table = [one.values[one.row == row][0] for one in made if (one.row == row).any()]
        for number, name in enumerate(PIVOT_INPUTS):
            got = outputs[name][row, -len(table) :]
            np.testing.assert_array_equal([line[number] for line in table], got, err_msg=name)


def shown():
    """The same indicators, not internal: the engine gives their values."""
    return [replace(one, internal=False) for one in DEFINITIONS]


def test_two_hundred_bars_are_enough_to_know_the_pivots(daily: BarMatrix):
    whole = daily.take(range(0, 505, 25))
    outputs = indicator_history(whole, DEFINITIONS)
    start = whole.bars - 200
    fields = {name: getattr(whole, name)[:, start:] for name in FIELDS}
    short = BarMatrix(whole.symbols, np.minimum(whole.count, 200), **fields)
    again = indicator_history(short, DEFINITIONS)
    for name in PIVOT_INPUTS:
        np.testing.assert_array_equal(again[name][:, -1], outputs[name][:, -1], err_msg=name)


FIELDS = ("open", "high", "low", "close", "volume", "vwap", "time_ms", "session_ms", "partial")


def test_the_reader_gives_anchors_kinds_and_news():
    view = HistoryView(chart(ZIGZAG))
    view.values = indicator_history(view.matrix, DEFINITIONS)
    swings = pivots(view)
    assert swings.newest_is_high[0, [9, 15, 20, 25]].tolist() == [True, False, True, False]
    assert swings.newest_is_low[0, [8, 9, 15]].tolist() == [False, False, True]
    assert swings.just_confirmed[0, [8, 9, 10]].tolist() == [False, True, False]
    ago, price = swings.anchor(1)
    assert (ago[0, 25], price[0, 25]) == pytest.approx((8, 108.1))


def test_the_unit_is_the_mean_true_range_of_twenty_bars(daily: BarMatrix):
    view = HistoryView(daily.take([0]))
    view.values = indicator_history(view.matrix, DEFINITIONS)
    high, low, close = (
        side[0, -21:] for side in (view.matrix.high, view.matrix.low, view.matrix.close)
    )
    spans = [max(high[n], close[n - 1]) - min(low[n], close[n - 1]) for n in range(1, 21)]
    assert unit(view)[0, -1] == pytest.approx(sum(spans) / 20)
    np.testing.assert_array_equal(unit_before(view)[0, 21:], unit(view)[0, 20:-1])
