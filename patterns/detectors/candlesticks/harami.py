"""Harami: a short body inside the long one before it."""

import numpy as np

from patterns.candles import (
    BODY_SHORT,
    as_strength,
    average,
    body,
    body_bottom,
    body_top,
    colour,
    long_body,
)
from patterns.candlestick import reversal
from patterns.definitions import Strength
from patterns.evidence import ratio
from patterns.examples import falling
from patterns.views import BarView, Bools, Floats


def inside_long_body(view: BarView, small: Bools) -> Strength:
    """±100 where `small` lies within the long body before, ±80 where it touches one end."""
    top, bottom = body_top(view, 0), body_bottom(view, 0)
    top_before, bottom_before = body_top(view, 1), body_bottom(view, 1)
    within = (top <= top_before) & (bottom >= bottom_before)
    strictly = (top < top_before) & (bottom > bottom_before)
    size = np.where(strictly, 100, 80).astype(np.int16)
    return as_strength(long_body(view, 1) & small & within, 1) * size * -colour(view, 1)


def find(view: BarView) -> Strength:
    """TA-Lib's CDLHARAMI: positive after a black candle; ±80 where the bodies share an end."""
    return inside_long_body(view, body(view, 0) <= average(view, BODY_SHORT, 0))


def fit(view: BarView) -> Floats:
    """How much smaller the second body is."""
    return 1.0 - ratio(body(view, 0), body(view, 1))


DEFINITIONS = (
    reversal(
        pattern_type="harami",
        title="Harami",
        formula="a body above the mean of 10, then one at most the mean of 10 that lies within it "
        "(one end may be equal)",
        source="TA-Lib CDLHARAMI; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=11,
        span=2,
        side=lambda view: -colour(view, 1),
        size=1.5,
        find=find,
        fit=fit,
        example=(
            *falling(),
            (40.0, 40.1, 36.4, 36.5, 100.0),
            (38.2, 38.9, 38.0, 38.6, 300.0),
        ),
    ),
)
