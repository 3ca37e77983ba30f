"""Every indicator, bar by bar over a market with gaps, has the bits that history gives at once."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.definitions import Indicator
from patterns.engine import WARM_BARS, LiveEngine
from patterns.evaluate import indicator_history
from patterns.matrix import BarMatrix
from patterns.registry import Registry, standard
from tests.patterns.bars import as_matrix, session_start, walk

SYMBOLS = [f"S{row}" for row in range(8)]
MINUTES = walk(len(SYMBOLS), 330, seed=11, traded=0.85)
MATRIX = as_matrix(MINUTES, SYMBOLS)
LONG = as_matrix(walk(len(SYMBOLS), 1000, seed=12, traded=1.0), SYMBOLS)
OWN = [i for i in standard().indicators if i.compute is not None or i.step is not None]
FROM_THE_FIRST_BAR = {"OBV_DAILY"}
"""What counts from the first bar that is known, and so from the first that a start reads."""
FORGETTING = [i for i in OWN if i.step is not None and i.name not in FROM_THE_FIRST_BAR]


def alone(indicator: Indicator) -> Registry:
    """The indicator, and nothing that could have made a part of it before; shown if internal."""
    return Registry([indicator], [])


@pytest.mark.parametrize("indicator", OWN, ids=lambda indicator: indicator.name)
def test_live_equals_history_bit_for_bit(indicator):
    live = LiveEngine(SYMBOLS, alone(indicator), session_start)
    expected = indicator_history(MATRIX, [indicator])
    seen = np.zeros(len(SYMBOLS), np.int64)
    first = MATRIX.bars - MATRIX.count
    for minute in MINUTES:
        analysis = live.close(minute)
        bar = first[analysis.row] + seen[analysis.row]
        for name, values in zip(analysis.names, analysis.values.T, strict=True):
            np.testing.assert_array_equal(values, expected[name][analysis.row, bar], err_msg=name)
        seen[analysis.row] += 1
    assert seen.tolist() == MATRIX.count.tolist()


@pytest.mark.parametrize("indicator", OWN, ids=lambda indicator: indicator.name)
def test_nothing_is_given_before_the_warm_up(indicator):
    for values in indicator_history(MATRIX, [indicator]).values():
        number = np.arange(1, MATRIX.bars + 1) - (MATRIX.bars - MATRIX.count)[:, None]
        assert np.isnan(values[number <= indicator.warm_up]).all()


def last_bars(matrix: BarMatrix, bars: int) -> BarMatrix:
    fields = {
        name: getattr(matrix, name)[:, -bars:]
        for name in BarMatrix.__dataclass_fields__
        if name not in ("symbols", "count")
    }
    return BarMatrix(matrix.symbols, np.minimum(matrix.count, bars), **fields)


@pytest.mark.parametrize("indicator", FORGETTING, ids=lambda indicator: indicator.name)
def test_a_recursion_is_rebuilt_from_the_bars_that_a_start_reads(indicator):
    whole = indicator_history(LONG, [indicator])
    rebuilt = indicator_history(last_bars(LONG, WARM_BARS), [indicator])
    for name, values in whole.items():
        scale = np.abs(np.nan_to_num(values)).max()
        np.testing.assert_allclose(
            rebuilt[name][:, -1], values[:, -1], rtol=1e-9, atol=1e-9 * scale, err_msg=name
        )
