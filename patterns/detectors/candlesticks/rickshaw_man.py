"""Rickshaw man: a doji with two long shadows, its body in the middle of the range."""

import numpy as np

from patterns.candles import (
    NEAR,
    SHADOW_LONG,
    as_strength,
    average,
    body_bottom,
    body_top,
    doji_body,
    high_low,
    lower_shadow,
    upper_shadow,
)
from patterns.candlestick_evidence import WEIGHTS, neutral_parts, stands_out
from patterns.definitions import Detector, Direction, Parts, Strength, neutral
from patterns.evidence import ratio, trend_lookback
from patterns.examples import rising
from patterns.views import BarView, Bools, Floats

SPAN = 1


def middle(view: BarView) -> Floats:
    """Half way from low to high."""
    return view.memo(("middle", 0), lambda: view.low[0] + high_low(view, 0) / 2.0)


def two_legged(view: BarView) -> Bools:
    """A doji, both of whose shadows are longer than its body."""
    least = average(view, SHADOW_LONG, 0)
    return doji_body(view, 0) & (lower_shadow(view, 0) > least) & (upper_shadow(view, 0) > least)


def find(view: BarView) -> Strength:
    """TA-Lib's CDLRICKSHAWMAN: 100."""
    near = average(view, NEAR, 0)
    low_enough = body_bottom(view, 0) <= middle(view) + near
    high_enough = body_top(view, 0) >= middle(view) - near
    return as_strength(two_legged(view) & low_enough & high_enough)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how near the middle its close is; volume; the trend before, to either side."""
    off = 2.0 * ratio(np.abs(view.close[0] - middle(view)), high_low(view, 0))
    return neutral_parts(view, SPAN, 1.0 - off)


DEFINITIONS = (
    Detector(
        pattern_type="rickshaw_man",
        title="Rickshaw man",
        family="candlestick",
        formula="body at most a tenth of the mean range of 10, both shadows longer than the body, "
        "which lies within a fifth of the mean range of 5 of the middle of the range; kept where "
        "the bar is twice as large as those before and comes after a trend",
        source="TA-Lib CDLRICKSHAWMAN; Steve Nison, Japanese Candlestick Charting Techniques",
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
        example=(*rising(), (61.0, 63.0, 59.0, 61.05, 300.0)),
        min_confidence=0.6,
        cool_down=10,
        expires=10,
    ),
)
