"""Nothing that is registered looks ahead: later bars change nothing, and live equals history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patterns.definitions import Detector, Indicator
from patterns.evaluate import analyse_history
from patterns.geometry import Geometry
from patterns.indicators.sma import sma
from patterns.levels import Levels, levels
from patterns.matrix import BarMatrix
from patterns.registry import Registry, standard
from patterns.views import BarView, Floats, LookAheadError
from tests.patterns.bars import MINUTE, START, as_matrix, walk
from tests.patterns.eager import eager
from tests.patterns.proofs import (
    all_detections,
    assert_live_equals_history,
    assert_no_look_ahead,
)

NAMES = ["A", "B", "C", "D"]
YEAR_AND_A_HALF, THREE_AND_A_HALF_YEARS = 380, 880

made_up = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def talkative() -> Registry:
    """Everything that is registered; its detectors detect all that they find, cooling down."""
    whole = standard()
    detectors = (replace(d, keep=None, min_confidence=0.0) for d in whole.detectors)
    return Registry(whole.indicators, detectors)


def day(matrix: BarMatrix, number: int) -> int:
    """The matrix's bar time of this number."""
    return int(np.unique(matrix.time_ms[matrix.time_ms >= 0])[number])


# --- later bars change nothing ------------------------------------------------------------------


def test_nothing_registered_looks_ahead_on_real_days(daily: BarMatrix):
    matrix = daily.take(range(0, 505, 21))
    moments = [day(matrix, n) for n in (59, YEAR_AND_A_HALF, THREE_AND_A_HALF_YEARS)]
    assert_no_look_ahead(matrix, standard(), "1d", moments)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_registered_looks_ahead_in_all_real_days(daily: BarMatrix):
    assert_no_look_ahead(daily, standard(), "1d", [day(daily, n) for n in range(80, 1250, 117)])


@pytest.mark.parametrize("timeframe", ["1m", "1d"])
@made_up
@given(seed=st.integers(0, 2**31), traded=st.floats(0.3, 1.0), cut=st.integers(0, 179))
def test_nothing_registered_looks_ahead_in_made_up_bars(timeframe, seed, traded, cut):
    matrix = as_matrix(walk(len(NAMES), 180, seed, traded), NAMES)
    assert_no_look_ahead(matrix, talkative(), timeframe, [START + cut * MINUTE])


# --- bar by bar is all at once ------------------------------------------------------------------


def test_live_minutes_equal_history_bit_for_bit():
    names = [*NAMES, "E", "F"]
    matrix = as_matrix(walk(len(names), 200, seed=3, traded=0.8), names)
    analyses = assert_live_equals_history(matrix, talkative(), "1m")
    assert sum(len(analysis.found) for analysis in analyses) > 500
    assert sum(len(analysis.changes) for analysis in analyses) > 500


def test_live_days_equal_history_on_real_bars(daily: BarMatrix):
    matrix = daily.take(range(3, 505, 25)).until(420)
    analyses = assert_live_equals_history(matrix, standard(), "1d", day(matrix, 360))
    assert sum(len(analysis.found) for analysis in analyses) > 20


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_all_real_days_bar_by_bar_equal_history_bit_for_bit(daily: BarMatrix):
    assert_live_equals_history(daily, standard(), "1d")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("timeframe", ["1m", "5m", "15m", "1h"])
@made_up
@given(seed=st.integers(0, 2**31), traded=st.floats(0.3, 1.0))
def test_every_intraday_timeframe_bar_by_bar_equals_history(timeframe, seed, traded):
    matrix = as_matrix(walk(len(NAMES), 300, seed, traded), NAMES)
    assert_live_equals_history(matrix, talkative(), timeframe)


# --- one definition does not change another -----------------------------------------------------


@pytest.mark.parametrize("timeframe", ["1m", "1d"])
def test_a_definition_alone_gives_what_it_gives_among_all(timeframe):
    """Definitions share intermediate results by name: two of one name would mix them up."""
    whole = talkative()
    matrix = as_matrix(walk(8, 280, seed=4, traded=0.9), [f"S{row}" for row in range(8)])
    outputs, hits = analyse_history(matrix, whole, timeframe)
    together = all_detections(hits, matrix, timeframe)
    for indicator in whole.for_timeframe(timeframe).indicators:
        alone, _ = analyse_history(matrix, whole.only([indicator.name]), timeframe)
        for name in indicator.outputs:
            np.testing.assert_array_equal(alone[name], outputs[name], err_msg=name)
    for detector in whole.for_timeframe(timeframe).detectors:
        name = detector.pattern_type
        _, found = analyse_history(matrix, whole.only([], [name]), timeframe)
        expected = [d for d in together if d.pattern_type == name]
        assert all_detections(found, matrix, timeframe) == expected


# --- who cheats is caught -----------------------------------------------------------------------


def future_high(view: BarView) -> Floats:
    """The symbol's highest high of all times, past the view's back; live, what there is."""
    history = getattr(view, "_history", None)
    if history is None:
        return np.array(view.high[0])
    return np.nanmax(history.matrix.high, axis=1)[view.rows]


def leaking_indicator() -> Indicator:
    """Compares each close with the mean of all closes, later ones included."""

    def compute(view: BarView) -> tuple[Floats, ...]:
        close = view.close[0]
        return (close - np.nanmean(close, axis=-1, keepdims=True),)

    return replace(sma(20), outputs=("LEAK",), compute=compute)


def leaking_find(honest: Detector) -> Detector:
    """Found only where the bar's range is below what it will be on average."""

    def find(view: BarView) -> np.ndarray:
        size = view.high[0] - view.low[0]
        small = size < np.nanmean(size, axis=-1, keepdims=True)
        return np.where(small, honest.find(view), 0).astype(np.int16)

    return replace(honest, find=find)


def leaking_parts(honest: Detector) -> Detector:
    """Surer of itself the further the price will go."""

    def parts(view: BarView, direction: Any) -> dict[str, Floats]:
        return {**honest.parts(view, direction), "fit": view.close[0] / future_high(view)}

    return replace(honest, parts=parts)


def leaking_levels(honest: Detector) -> Detector:
    """A target that will be reached."""

    def cheat(view: BarView, direction: Any, span: int) -> Levels:
        made = honest.levels(view, direction, span)
        return levels(made.trigger, made.stop, future_high(view))

    return replace(honest, levels=cheat)


def leaking_geometry(honest: Detector) -> Detector:
    """A line to where the price will go."""

    def geometry(view: BarView, direction: Any) -> Geometry:
        here = np.zeros(len(view.rows))
        return Geometry(lines={"up": ((here, view.low[0]), (here, future_high(view)))})

    return replace(honest, geometry=geometry)


def leaking_keep(honest: Detector) -> Detector:
    """Keeps what comes early in the history that there is."""

    def keep(view: BarView) -> np.ndarray:
        early = view.count * 2 < view.count.max(axis=-1, keepdims=True)
        return early & honest.keep(view) if honest.keep else early

    return replace(honest, keep=keep)


CHEATS = (leaking_find, leaking_parts, leaking_levels, leaking_geometry, leaking_keep)


@pytest.mark.parametrize("proof", ["later bars", "bar by bar"])
@pytest.mark.parametrize(
    "cheat", [None, *CHEATS], ids=lambda cheat: getattr(cheat, "__name__", "leaking_indicator")
)
def test_a_leak_is_caught(daily: BarMatrix, cheat: Callable[[Detector], Detector] | None, proof):
    honest = eager(standard().detector("engulfing"))
    cheating = (
        Registry([leaking_indicator()], []) if cheat is None else Registry([], [cheat(honest)])
    )
    matrix = daily.take(range(0, 505, 50)).until(320)
    with pytest.raises(AssertionError):
        prove(proof, matrix, cheating)
    prove(proof, matrix, Registry([sma(20)], [honest]))


def prove(proof: str, matrix: BarMatrix, registry: Registry) -> None:
    if proof == "later bars":
        assert_no_look_ahead(matrix, registry, "1d", [day(matrix, n) for n in (150, 200, 250)])
    else:
        assert_live_equals_history(matrix, registry, "1d")


def test_asking_for_a_later_bar_is_refused(daily: BarMatrix):
    def peek(view: BarView) -> tuple[Floats, ...]:
        return (view.close[-1],)

    registry = Registry([replace(sma(20), outputs=("PEEK",), compute=peek)], [])
    with pytest.raises(LookAheadError, match=r"close\[-1\] is 1 bars after the current one"):
        analyse_history(daily.take([0]), registry)
