"""Side-by-side white lines: two like white candles, both gapped away from the one before."""

import numpy as np

from patterns.candles import (
    EQUAL,
    NEAR,
    as_strength,
    average,
    body,
    body_gap_down,
    body_gap_up,
    white,
)
from patterns.candlestick import continuation
from patterns.definitions import Strength
from patterns.evidence import ratio
from patterns.examples import rising
from patterns.views import BarView, Bools, Floats


def _alike(view: BarView) -> Bools:
    """Two white bodies of nearly one size that open at nearly one price."""
    near, equal = average(view, NEAR, 1), average(view, EQUAL, 1)
    size, size_before = body(view, 0), body(view, 1)
    sized = (size >= size_before - near) & (size <= size_before + near)
    opened = (view.open[0] >= view.open[1] - equal) & (view.open[0] <= view.open[1] + equal)
    return white(view, 1) & white(view, 0) & sized & opened


def side(view: BarView) -> Strength:
    """1 where the gap is upwards, else -1."""
    return np.where(body_gap_up(view, 1, 2), 1, -1).astype(np.int16)


def find(view: BarView) -> Strength:
    """TA-Lib's CDLGAPSIDESIDEWHITE: 100 above the gap, -100 below it."""
    up = body_gap_up(view, 1, 2) & body_gap_up(view, 0, 2)
    down = body_gap_down(view, 1, 2) & body_gap_down(view, 0, 2)
    return as_strength((up | down) & _alike(view)) * side(view)


def fit(view: BarView) -> Floats:
    """How alike the two bodies are."""
    smaller = np.minimum(body(view, 0), body(view, 1))
    return ratio(smaller, np.maximum(body(view, 0), body(view, 1)))


DEFINITIONS = (
    continuation(
        pattern_type="gap_side_by_side_white_lines",
        title="Side-by-side white lines",
        formula="two white candles whose bodies both lie wholly above, or wholly below, the body "
        "before; their sizes differ by at most a fifth, their opens by at most a twentieth of the "
        "mean range of 5",
        source="TA-Lib CDLGAPSIDESIDEWHITE; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=7,
        span=3,
        side=side,
        trend=0.5,
        min_confidence=0.5,
        find=find,
        fit=fit,
        example=(
            *rising(),
            (60.0, 61.2, 59.9, 61.0, 100.0),
            (62.0, 63.2, 61.9, 63.0, 100.0),
            (62.02, 63.3, 61.9, 63.05, 300.0),
        ),
    ),
)
