"""Parts of a confidence lie in [0, 1] whatever the bars are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patterns.evaluate import analyse_history
from patterns.evidence import or_unknown, ratio, saturating
from patterns.matrix import align_right
from patterns.registry import standard
from tests.patterns.bars import MINUTE, session_start

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


@settings(max_examples=60, deadline=None)
@given(wild_bars())
def test_every_confidence_and_part_lies_between_zero_and_one(columns):
    rows = np.zeros(len(columns["open"]), np.intp)
    _, hits = analyse_history(align_right(["A"], rows, columns, session_start), standard())
    for block in hits:
        for values in (block.confidence, *block.parts.values()):
            assert np.isfinite(values).all()
            assert ((values >= 0) & (values <= 1)).all()


def test_a_part_that_can_not_be_known_is_one_half():
    assert or_unknown(np.array([np.nan, np.inf, 0.2])).tolist() == [0.5, 0.5, 0.2]
    np.testing.assert_array_equal(ratio(np.array([1.0, 1.0]), np.array([0.0, 4.0])), [np.nan, 0.25])


@pytest.mark.parametrize(("value", "part"), [(-3, 0), (0, 0), (1, 0.5), (4, 0.8)])
def test_saturating_takes_any_amount_to_less_than_one(value, part):
    assert saturating(np.array([float(value)])).tolist() == [part]
