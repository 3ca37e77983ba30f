"""What every registered definition says of a bar does not change when later bars are added."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patterns.definitions import Detector, Indicator
from patterns.detectors.candlesticks.doji import DEFINITIONS as DOJI
from patterns.evaluate import analyse_history
from patterns.indicators.sma import sma
from patterns.matrix import BarMatrix
from patterns.registry import Registry, standard
from patterns.views import BarView, LookAheadError
from tests.patterns.bars import as_matrix, walk

NAMES = ["A", "B", "C", "D"]


def seen(matrix: BarMatrix, registry: Registry, bars: int) -> tuple[dict, dict]:
    """Outputs and detections of the first `bars` columns, by name."""
    outputs, hits = analyse_history(matrix, registry)
    last = matrix.time_ms[:, :bars].max(axis=1)
    found = {}
    for block in hits:
        times = block.bars_ms[:, -1]
        early = times <= last[block.row]
        entries = zip(
            block.row[early].tolist(),
            times[early].tolist(),
            block.direction[early].tolist(),
            block.confidence[early].tolist(),
            block.price[early].tolist(),
            strict=True,
        )
        found.setdefault(block.detector.pattern_type, []).extend(entries)
    return {name: values[:, :bars] for name, values in outputs.items()}, found


def assert_no_look_ahead(matrix: BarMatrix, registry: Registry, cuts: list[int]) -> None:
    for cut in cuts:
        full_outputs, full_found = seen(matrix, registry, cut)
        outputs, found = seen(matrix.until(cut), registry, cut)
        for name, values in outputs.items():
            np.testing.assert_array_equal(values, full_outputs[name], err_msg=name)
        assert {name: rows for name, rows in full_found.items() if rows} == found


def test_nothing_registered_looks_ahead_on_real_bars(daily: BarMatrix):
    matrix = daily.take(range(0, 505, 21))
    assert_no_look_ahead(matrix, standard(), [60, 311, 930])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**31), traded=st.floats(0.3, 1.0), cut=st.integers(1, 110))
def test_nothing_registered_looks_ahead_on_made_up_bars(seed, traded, cut):
    matrix = as_matrix(walk(len(NAMES), 120, seed, traded), NAMES)
    assert_no_look_ahead(matrix, standard(), [min(cut, matrix.bars)])


def leaking_indicator() -> Indicator:
    """Compares each close with the mean of all closes, later ones included."""

    def compute(view: BarView) -> tuple[np.ndarray, ...]:
        close = view.close[0]
        return (close - np.nanmean(close, axis=-1, keepdims=True),)

    return replace(sma(20), outputs=("LEAK",), compute=compute)


def leaking_detector() -> Detector:
    """A doji only where the day's range is below what it will be on average."""

    def find(view: BarView) -> np.ndarray:
        size = view.high[0] - view.low[0]
        small = size < np.nanmean(size, axis=-1, keepdims=True)
        return np.where(small, DOJI[0].find(view), 0).astype(np.int16)

    return replace(DOJI[0], pattern_type="leak", find=find)


@pytest.mark.parametrize(
    "registry",
    [Registry([leaking_indicator()], []), Registry([], [leaking_detector()])],
    ids=["indicator", "detector"],
)
def test_a_leaking_definition_is_caught(daily: BarMatrix, registry: Registry):
    with pytest.raises(AssertionError):
        assert_no_look_ahead(daily.take(range(0, 505, 50)), registry, [311])


def test_asking_for_a_later_bar_is_refused(daily: BarMatrix):
    def peek(view: BarView) -> tuple[np.ndarray, ...]:
        return (view.close[-1],)

    registry = Registry([replace(sma(20), outputs=("PEEK",), compute=peek)], [])
    with pytest.raises(LookAheadError, match=r"close\[-1\] is 1 bars after the current one"):
        analyse_history(daily.take([0]), registry)
