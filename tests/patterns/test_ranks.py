"""Ranks among symbols: against pandas' counting, and what a late trade does to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns.engine import LiveEngine
from patterns.ranks import LiveRanks, percentile, percentile_by_time, population
from patterns.registry import standard
from tests.patterns.bars import MINUTE, START, Minute, minute, session_start, walk

VALUES = st.lists(st.sampled_from([1.0, 2.0, 2.5, 7.0, np.nan]), min_size=1, max_size=12).map(
    np.array
)
NAMES = ["A", "B", "C", "D"]


def test_ranks_of_a_hand_made_market():
    values = np.array([3.0, np.nan, 1.0, 3.0, 9.0])
    # Of four known: 1 is the first, the two 3 share ranks two and three, 9 is the last.
    np.testing.assert_array_equal(
        percentile(values, population(values)), [62.5, np.nan, 25.0, 62.5, 100.0]
    )


def test_nobody_has_a_rank_among_none():
    assert np.isnan(percentile(np.array([1.0, np.nan]), np.empty(0))).all()


def test_who_is_ranked_in_a_population_without_him_gets_no_more_than_all():
    assert percentile(np.array([0.0, 5.0, 99.0]), np.array([1.0, 2.0])).tolist() == [
        25.0,
        100.0,
        100.0,
    ]


@given(VALUES)
def test_ranks_are_pandas_percentiles(values):
    expected = 100 * pd.Series(values).rank(pct=True).to_numpy()
    np.testing.assert_allclose(percentile(values, population(values)), expected, rtol=1e-12)


def test_cells_are_ranked_among_those_of_their_time_wherever_they_are():
    values = np.array([[5.0, 1.0], [np.nan, 2.0], [4.0, 3.0]])
    time_ms = np.array([[10, 20], [-1, 10], [10, 20]])
    expected = [[100.0, 50.0], [np.nan, 100 / 3], [200 / 3, 100.0]]
    np.testing.assert_allclose(percentile_by_time(values, time_ms), expected, rtol=1e-12)


def strengths(analysis) -> dict[str, float]:
    """RELATIVE_STRENGTH of each symbol with a bar."""
    place = analysis.names.index("RELATIVE_STRENGTH")
    return {
        NAMES[row]: values[place] for row, values in zip(analysis.row, analysis.values, strict=True)
    }


def market() -> tuple[LiveEngine, list[Minute]]:
    live = LiveEngine(NAMES, standard().only(["RELATIVE_STRENGTH"]), session_start)
    return live, walk(len(NAMES), 40, seed=2, traded=1.0)


def test_a_late_trade_ranks_its_symbol_anew_among_what_the_others_had():
    live, minutes = market()
    *_, last = [live.close(m) for m in minutes]
    before = strengths(last)
    best = minutes[-1].only(np.array([1]))
    sky_high = replace(best, close=best.close * 2, high=best.high * 2)
    [revised] = live.revise([sky_high])
    assert strengths(revised) == {"B": 100.0}
    others = {name: rank for name, rank in before.items() if name != "B"}
    assert sorted(before.values()) == [25.0, 50.0, 75.0, 100.0]
    assert len(others) == 3


def test_the_same_bar_again_has_the_same_rank():
    live, minutes = market()
    analyses = [live.close(m) for m in minutes]
    again = live.revise([minutes[35].only(np.array([2]))])
    assert [strengths(a)["C"] for a in again] == [strengths(a)["C"] for a in analyses[35:]]


def test_symbols_without_a_bar_are_not_counted():
    live, minutes = market()
    for m in minutes:
        live.close(m)
    only_two = live.close(minute(START + 40 * MINUTE, {0: (99, 99, 99, 99, 1), 3: (1, 1, 1, 1, 1)}))
    assert strengths(only_two) == pytest.approx({"A": 100.0, "D": 50.0})


def test_a_late_trade_of_a_minute_that_nobody_saw_close_has_no_rank():
    ranks = LiveRanks(standard().only(["RELATIVE_STRENGTH"]), kept=2)
    names = standard().only(["RELATIVE_STRENGTH"]).outputs
    rank, base = names.index("RELATIVE_STRENGTH"), names.index("STRENGTH_ROC_20")

    def ranked(minute_ms: int, values: list[float], *, revision: bool) -> list[float]:
        outputs = [np.full(len(values), np.nan) for _ in names]
        outputs[base] = np.array(values)
        ranks.put_in(outputs, minute_ms, revision=revision)
        return outputs[rank].tolist()

    assert np.isnan(ranked(0, [1.0], revision=True)).all()
    assert ranked(60_000, [1.0, 2.0, 3.0, 4.0], revision=False) == [25.0, 50.0, 75.0, 100.0]
    assert ranked(60_000, [2.5], revision=True) == [62.5]
