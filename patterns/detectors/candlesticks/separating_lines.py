"""Separating lines: a candle against the trend, then a long one with it from the same open."""

import numpy as np

from patterns.candles import (
    EQUAL,
    as_strength,
    average,
    bare_bottom,
    bare_top,
    black,
    colour,
    level_with,
    long_body,
    white,
)
from patterns.candlestick_evidence import WEIGHTS, continuation_parts, continues, scarcity
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import trend_lookback
from patterns.examples import rising
from patterns.views import BarView

SPAN = 2


def find(view: BarView) -> Strength:
    """TA-Lib's CDLSEPARATINGLINES: ±100, the second candle's colour."""
    parted = level_with(view, view.open[0], view.open[1], 1) & long_body(view, 0)
    up = parted & black(view, 1) & white(view, 0) & bare_bottom(view, 0)
    down = parted & white(view, 1) & black(view, 0) & bare_top(view, 0)
    return as_strength(up) - as_strength(down)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how nearly the opens are equal; volume; the trend before."""
    fit = scarcity(np.abs(view.open[0] - view.open[1]), average(view, EQUAL, 1))
    return continuation_parts(view, direction, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="separating_lines",
        title="Separating lines",
        family="candlestick",
        formula="two candles of opposite colours that open within a twentieth of the mean range "
        "of 5 of each other, the second with a long body and next to no shadow at its open; kept "
        "after a trend to its side",
        source="TA-Lib CDLSEPARATINGLINES; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=11,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bar before is the one before, however long ago",
        find=find,
        keep=continues(SPAN, lambda view: colour(view, 0)),
        parts=parts,
        weights=WEIGHTS,
        example=(*rising(), (61.0, 61.2, 59.9, 60.1, 100.0), (61.0, 63.1, 60.95, 63.0, 300.0)),
        cool_down=5,
    ),
)
