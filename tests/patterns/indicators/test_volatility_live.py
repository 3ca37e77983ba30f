"""Live equals history to the bit, and a restart from stored bars equals both."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from patterns.engine import WARM_BARS, LiveEngine
from patterns.evaluate import indicator_history
from patterns.indicators import (
    atr,
    bollinger,
    cmf,
    donchian,
    efficiency,
    gap,
    ichimoku,
    keltner,
    obv,
    relative_strength,
    relative_volume,
    sar,
    session_range,
    supertrend,
    vwap,
    year,
)
from patterns.registry import Registry
from tests.patterns.bars import as_matrix, session_start, walk

SYMBOLS = ["A", "B", "C", "D"]
MODULES = (
    *(atr, bollinger, cmf, donchian, efficiency, gap, ichimoku, keltner, obv),
    *(relative_strength, relative_volume, sar, session_range, supertrend, vwap, year),
)
REGISTRY = Registry(chain.from_iterable(module.DEFINITIONS for module in MODULES), [])


@pytest.mark.parametrize("timeframe", ["1m", "1d"])
def test_every_value_of_a_live_bar_has_the_bits_that_history_gives_it(timeframe):
    minutes = walk(len(SYMBOLS), 380, seed=21)
    live = LiveEngine(SYMBOLS, REGISTRY, session_start, timeframe)
    matrix = as_matrix(minutes, SYMBOLS)
    expected = indicator_history(matrix, live.registry.indicators)
    known = dict.fromkeys(live.registry.shown, 0)
    for bars in minutes:
        analysis = live.close(bars)
        for row, values in zip(analysis.row.tolist(), analysis.values, strict=True):
            [bar] = np.flatnonzero(matrix.time_ms[row] == bars.minute_ms)
            for name, value in zip(analysis.names, values.tolist(), strict=True):
                np.testing.assert_array_equal(value, expected[name][row, bar], err_msg=name)
                known[name] += np.isfinite(value)
    unknown = {name for name, count in known.items() if not count}
    assert unknown == ({"RVOL"} if timeframe == "1m" else set())


def test_an_engine_warmed_with_stored_bars_goes_on_as_if_it_had_never_stopped():
    minutes = walk(len(SYMBOLS), 700, seed=22, traded=1.0)
    whole, restarted = (LiveEngine(SYMBOLS, REGISTRY, session_start) for _ in range(2))
    for bars in minutes[:600]:
        whole.close(bars)
    restarted.warm(as_matrix(minutes[600 - WARM_BARS : 600], SYMBOLS))
    for bars in minutes[600:]:
        one, other = whole.close(bars), restarted.close(bars)
        np.testing.assert_allclose(one.values, other.values, rtol=1e-9)
