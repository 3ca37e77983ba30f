"""Hanging man: the hammer's shape, near the recent highs."""

from patterns.candles import NEAR, as_strength, average, body_bottom
from patterns.candlestick import reversal
from patterns.definitions import Strength
from patterns.detectors.candlesticks.hammer import hammer_fit, hammer_shape
from patterns.examples import rising
from patterns.views import BarView


def find(view: BarView) -> Strength:
    """TA-Lib's CDLHANGINGMAN: -100, the body near or above the high of the bar before."""
    near = view.high[1] - average(view, NEAR, 1)
    return as_strength(hammer_shape(view) & (body_bottom(view, 0) >= near), -100)


DEFINITIONS = (
    reversal(
        pattern_type="hanging_man",
        title="Hanging man",
        formula="the hammer's shape, its body at or above the last high less a fifth of the mean "
        "range of 5",
        source="TA-Lib CDLHANGINGMAN; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=11,
        span=1,
        side=-1,
        find=find,
        fit=hammer_fit,
        example=(*rising(), (62.0, 62.12, 58.0, 62.1, 300.0)),
    ),
)
