"""Three-line strike: three candles of one colour, and one that takes them all back."""

import numpy as np

from patterns.candles import (
    NEAR,
    as_strength,
    average,
    body,
    body_bottom,
    body_top,
    colour,
)
from patterns.candlestick import continuation
from patterns.definitions import Strength
from patterns.evidence import ratio
from patterns.examples import rising
from patterns.views import BarView, Bools, Floats


def opens_near_body(view: BarView, ago: int) -> Bools:
    """Whether the candle opens within, or a fifth of the mean range of, the body before."""
    near = average(view, NEAR, ago + 1)
    opened = view.open[ago]
    return (opened >= body_bottom(view, ago + 1) - near) & (
        opened <= body_top(view, ago + 1) + near
    )


def find(view: BarView) -> Strength:
    """TA-Lib's CDL3LINESTRIKE: 100 after three white candles, -100 after three black ones."""
    way = colour(view, 1)
    found = (colour(view, 3) == way) & (colour(view, 2) == way) & (colour(view, 0) == -way)
    found &= opens_near_body(view, 2) & opens_near_body(view, 1)
    onward = ((view.close[1] - view.close[2]) * way > 0) & (
        (view.close[2] - view.close[3]) * way > 0
    )
    strike = ((view.open[0] - view.close[1]) * way > 0) & ((view.close[0] - view.open[3]) * way < 0)
    return as_strength(found & onward & strike) * way


def fit(view: BarView) -> Floats:
    """How much of the last body the three lines are: a strike far beyond them is a reversal."""
    return ratio(np.abs(view.close[1] - view.open[3]), body(view, 0))


DEFINITIONS = (
    continuation(
        pattern_type="three_line_strike",
        title="Three-line strike",
        formula="three candles of one colour, each closing further and opening in or within a "
        "fifth of the mean range of 5 of the body before; a candle of the other colour that opens "
        "beyond the third close and closes beyond the first open",
        source="TA-Lib CDL3LINESTRIKE; Greg Morris, Candlestick Charting Explained",
        warm_up=8,
        span=4,
        side=lambda view: colour(view, 1),
        trend=0.5,
        min_confidence=0.5,
        find=find,
        fit=fit,
        example=(
            *rising(),
            (60.0, 61.1, 59.9, 61.0, 100.0),
            (60.6, 62.1, 60.5, 62.0, 100.0),
            (61.6, 63.1, 61.5, 63.0, 100.0),
            (63.4, 63.5, 59.4, 59.6, 300.0),
        ),
    ),
)
