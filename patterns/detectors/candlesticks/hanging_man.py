"""Hanging man: the hammer's shape, near the recent highs."""

from patterns.candles import NEAR, as_strength, average, body_bottom, moved
from patterns.definitions import Detector, Strength
from patterns.detectors.candlesticks.hammer import SPAN, hammer_parts, hammer_shape
from patterns.evidence import trend_lookback
from patterns.views import BarView


def find(view: BarView) -> Strength:
    """TA-Lib's CDLHANGINGMAN: -100, the body near or above the high of the bar before."""
    near = view.high[1] - average(view, NEAR, 1)
    return as_strength(hammer_shape(view) & (body_bottom(view, 0) >= near), -100)


DEFINITIONS = (
    Detector(
        pattern_type="hanging_man",
        formula="the hammer's shape, its body at or above the last high less a fifth of the mean "
        "range of 5",
        source="TA-Lib CDLHANGINGMAN; Steve Nison, Japanese Candlestick Charting Techniques",
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
