"""Hammer: a small body near the recent lows, with a long lower shadow and no upper one."""

import numpy as np

from patterns.candles import (
    BODY_SHORT,
    NEAR,
    SHADOW_LONG,
    SHADOW_VERY_SHORT,
    as_strength,
    average,
    body,
    body_bottom,
    high_low,
    lower_shadow,
    moved,
    upper_shadow,
)
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import or_unknown, ratio, trend_lookback, trend_part, volume_part
from patterns.views import BarView, Bools

SPAN = 1


def hammer_shape(view: BarView) -> Bools:
    """A small body with a long lower shadow and a very short upper one."""
    return (
        (body(view, 0) < average(view, BODY_SHORT, 0))
        & (lower_shadow(view, 0) > average(view, SHADOW_LONG, 0))
        & (upper_shadow(view, 0) < average(view, SHADOW_VERY_SHORT, 0))
    )


def hammer_parts(view: BarView, direction: Direction) -> Parts:
    """fit: how much of the range is lower shadow; volume; trend before the bar."""
    return {
        "fit": or_unknown(np.minimum(ratio(lower_shadow(view, 0), high_low(view, 0)), 1.0)),
        "volume": volume_part(view),
        "trend": trend_part(view, direction, SPAN),
    }


def find(view: BarView) -> Strength:
    """TA-Lib's CDLHAMMER: 100, the body near or below the low of the bar before."""
    near = view.low[1] + average(view, NEAR, 1)
    return as_strength(hammer_shape(view) & (body_bottom(view, 0) <= near))


DEFINITIONS = (
    Detector(
        pattern_type="hammer",
        formula="body below the mean of 10, lower shadow longer than the body, upper shadow below "
        "a tenth of the mean range of 10, body at or below the last low plus a fifth of the mean "
        "range of 5",
        source="TA-Lib CDLHAMMER; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=11,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bar before is the one before, however long ago",
        find=find,
        keep=moved,
        parts=hammer_parts,
        weights={"fit": 0.3, "volume": 0.3, "trend": 0.4},
    ),
)
