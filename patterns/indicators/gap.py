"""The gap that a session opened with."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.indicators.vwap import new_session
from patterns.views import BarView, Bools, Floats

DAY_APART_MS = 20 * 3_600_000
"""Bars that start further apart than this lie in two sessions; daily bars always do."""


def _opens(view: BarView) -> Bools:
    return new_session(view) | (view.time_ms[0] - view.time_ms[1] > DAY_APART_MS)


def _step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
    gap = 100.0 * (view.open[0] / view.close[1] - 1.0)
    after = np.where(_opens(view), gap, before[0])
    return (after,), after[None]


DEFINITIONS = (
    Indicator(
        outputs=("GAP_PERCENT",),
        title="Opening gap",
        family="session",
        formula="100 * (first open of the session / last close of the session before - 1), the "
        "same through the session; of daily bars: this open against the last close",
        source="definition of TickStock",
        warm_up=1,
        lookback=2,
        gaps="first and last are those of bars that are there; unknown until a session has one "
        "before it",
        step=_step,
        states=1,
    ),
)
