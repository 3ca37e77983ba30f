"""Parts of a confidence lie in [0, 1] whatever the bars are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from patterns.context import HIGHER_TREND
from patterns.evaluate import analyse_history, quiet
from patterns.evidence import (
    agreement,
    or_unknown,
    ratio,
    saturating,
    trend_before,
    trend_part,
    volume_part,
)
from patterns.examples import path
from patterns.history import HistoryView
from patterns.matrix import align_right
from patterns.registry import Registry, standard
from tests.patterns.bars import MINUTE, session_start
from tests.patterns.last_bar import chart_matrix

UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)  # the message says which part it is
UNSURE = Registry(
    standard().indicators,
    [replace(d, min_confidence=0.0, cool_down=0) for d in standard().detectors],
)
FLAT = path([(n, 50.0) for n in range(24)], wick=0.5)  # every range is 1, every volume 100
PRICE = st.floats(1e-4, 1e6, allow_nan=False)


@st.composite
def wild_bars(draw):
    """Any bars that the database takes: single prices, no volume, wild jumps."""
    count = draw(st.integers(30, 60))
    prices = draw(
        st.lists(st.tuples(PRICE, PRICE, PRICE, PRICE), min_size=count, max_size=count)
        | st.lists(
            st.sampled_from([(5.0,) * 4, (5.0, 5.0, 6.0, 4.0)]), min_size=count, max_size=count
        )
    )
    volume = draw(st.lists(st.floats(0, 1e9) | st.just(0.0), min_size=count, max_size=count))
    table = np.array(prices)
    return {
        "open": table[:, 0],
        "close": table[:, 1],
        "high": table.max(axis=1),
        "low": table.min(axis=1),
        "volume": np.array(volume),
        "time_ms": np.arange(count) * MINUTE,
    }


@pytest.mark.parametrize("timeframe", ["1m", "1d"])
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=UNSHRUNK
)
@given(columns=wild_bars())
def test_every_confidence_and_part_lies_between_zero_and_one(timeframe, columns):
    rows = np.zeros(len(columns["open"]), np.intp)
    matrix = align_right(["A"], rows, columns, session_start)
    _, hits = analyse_history(matrix, UNSURE, timeframe)
    for block in hits:
        for name, values in {"confidence": block.confidence, **block.parts}.items():
            where = f"{name} of {block.detector.pattern_type}: {values}"
            assert np.isfinite(values).all(), where
            assert ((values >= 0) & (values <= 1)).all(), where


def test_a_part_that_can_not_be_known_is_one_half():
    assert or_unknown(np.array([np.nan, np.inf, 0.2])).tolist() == [0.5, 0.5, 0.2]
    np.testing.assert_array_equal(ratio(np.array([1.0, 1.0]), np.array([0.0, 4.0])), [np.nan, 0.25])


@pytest.mark.parametrize(("value", "part"), [(-3, 0), (0, 0), (1, 0.5), (4, 0.8)])
def test_saturating_takes_any_amount_to_less_than_one(value, part):
    assert saturating(np.array([float(value)])).tolist() == [part]


def last(chart, ask, **values):
    view = HistoryView(chart_matrix(chart))
    view.values = {name: np.full(view.count.shape, value) for name, value in values.items()}
    with quiet():
        return np.asarray(ask(view))[0, -1]


@pytest.mark.parametrize(("volume", "part"), [(100.0, 0.5), (400.0, 0.8), (0.0, 0.0)])
def test_the_part_of_volume_is_one_half_at_the_mean_before(volume, part):
    chart = (*FLAT, (50.0, 50.5, 49.5, 50.0, volume))
    assert last(chart, volume_part) == pytest.approx(part)


def test_the_part_of_volume_is_unknown_without_twenty_bars_before():
    assert last(FLAT[:20], volume_part) == 0.5


def fall(points: float):
    """Ten bars down to 50, each as wide as its step and a half at both ends; then a still one."""
    return (*path([(0, 50 + points), (12, 50 + points), (22, 50.0)], wick=0.5), FLAT[0])


@pytest.mark.parametrize("points", [5.0, 10.0, 20.0])
def test_the_trend_before_is_the_move_of_ten_bars_in_twice_their_mean_range(points):
    unit = 2 * (points / 10 + 1.0)
    assert last(fall(points), lambda view: trend_before(view, 1)) == pytest.approx(-points / unit)
    moved = points / unit
    for direction, part in (
        (1, 0.5 + moved / 2 / (1 + moved)),
        (-1, 0.5 - moved / 2 / (1 + moved)),
        (0, 0.5),
    ):
        assert last(
            fall(points), lambda view, side=direction: trend_part(view, np.int8(side), 1)
        ) == pytest.approx(part)


@pytest.mark.parametrize(
    ("trend", "direction", "part"),
    [
        (1.0, 1, 1.0),
        (1.0, -1, 0.0),
        (-0.5, 1, 0.25),
        (-0.5, -1, 0.75),
        (1.0, 0, 0.5),
        (np.nan, 1, 0.5),
    ],
)
def test_agreement_is_how_far_the_higher_timeframe_goes_the_same_way(trend, direction, part):
    def ask(view):
        return agreement(view, np.int8(direction), HIGHER_TREND)

    assert last(FLAT, ask, **{HIGHER_TREND: trend}) == part


def test_agreement_is_unknown_where_no_other_timeframe_is():
    assert last(FLAT, lambda view: agreement(view, np.int8(1), HIGHER_TREND)) == 0.5
