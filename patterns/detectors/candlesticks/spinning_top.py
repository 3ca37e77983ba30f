"""Spinning top: a short body between two shadows that are longer than it."""

import numpy as np

from patterns.candles import (
    as_strength,
    body,
    colour,
    lower_shadow,
    short_body,
    upper_shadow,
)
from patterns.candlestick_evidence import WEIGHTS, neutral_parts, stands_out
from patterns.definitions import Detector, Direction, Parts, Strength, neutral
from patterns.evidence import ratio, trend_lookback
from patterns.examples import rising
from patterns.views import BarView

SPAN = 1


def find(view: BarView) -> Strength:
    """TA-Lib's CDLSPINNINGTOP: 100 white, -100 black."""
    shadowed = (upper_shadow(view, 0) > body(view, 0)) & (lower_shadow(view, 0) > body(view, 0))
    return as_strength(short_body(view, 0) & shadowed) * colour(view, 0)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how equal the shadows are; volume; the trend before, to either side."""
    upper, lower = upper_shadow(view, 0), lower_shadow(view, 0)
    return neutral_parts(view, SPAN, ratio(np.minimum(upper, lower), np.maximum(upper, lower)))


DEFINITIONS = (
    Detector(
        pattern_type="spinning_top",
        title="Spinning top",
        family="candlestick",
        formula="body below the mean of 10, both shadows longer than it; kept where the bar is "
        "twice as large as those before and comes after a trend",
        source="TA-Lib CDLSPINNINGTOP; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=10,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="counts bars, however long ago they are; one in which the price did not move is "
        "left out",
        find=find,
        keep=stands_out(SPAN, size=2.0),
        direction=neutral,
        parts=parts,
        weights=WEIGHTS,
        example=(*rising(), (60.7, 62.8, 59.0, 61.1, 300.0)),
        min_confidence=0.6,
        cool_down=10,
        expires=10,
    ),
)
