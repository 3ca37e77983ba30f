"""Hammer: a small body near the recent lows, with a long lower shadow and no upper one."""

from patterns.candles import (
    NEAR,
    SHADOW_LONG,
    as_strength,
    average,
    bare_top,
    body_bottom,
    high_low,
    lower_shadow,
    short_body,
)
from patterns.candlestick import reversal
from patterns.definitions import Strength
from patterns.evidence import ratio
from patterns.examples import falling
from patterns.views import BarView, Bools, Floats


def hammer_shape(view: BarView) -> Bools:
    """A small body with a long lower shadow and a very short upper one."""
    shadow = lower_shadow(view, 0) > average(view, SHADOW_LONG, 0)
    return short_body(view, 0) & shadow & bare_top(view, 0)


def hammer_fit(view: BarView) -> Floats:
    """How much of the range is lower shadow."""
    return ratio(lower_shadow(view, 0), high_low(view, 0))


def find(view: BarView) -> Strength:
    """TA-Lib's CDLHAMMER: 100, the body near or below the low of the bar before."""
    near = view.low[1] + average(view, NEAR, 1)
    return as_strength(hammer_shape(view) & (body_bottom(view, 0) <= near))


DEFINITIONS = (
    reversal(
        pattern_type="hammer",
        title="Hammer",
        formula="body below the mean of 10, lower shadow longer than the body, upper shadow below "
        "a tenth of the mean range of 10, body at or below the last low plus a fifth of the mean "
        "range of 5",
        source="TA-Lib CDLHAMMER; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=11,
        span=1,
        side=1,
        find=find,
        fit=hammer_fit,
        example=(*falling(), (39.5, 39.62, 36.0, 39.6, 300.0)),
    ),
)
