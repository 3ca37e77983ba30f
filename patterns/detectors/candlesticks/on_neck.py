"""On neck: a white candle opens below a long black one and comes up to its low, no further."""

import numpy as np

from patterns.candles import EQUAL, as_strength, average, level_with
from patterns.candlestick_evidence import WEIGHTS, continuation_parts, continues, scarcity
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.candlesticks.in_neck import SPAN, opens_below_long_black
from patterns.evidence import trend_lookback
from patterns.examples import falling
from patterns.views import BarView


def find(view: BarView) -> Strength:
    """TA-Lib's CDLONNECK: -100."""
    at_low = level_with(view, view.close[0], view.low[1], 1)
    return as_strength(opens_below_long_black(view) & at_low, -100)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how nearly it closes at the last low; volume; the fall before."""
    fit = scarcity(np.abs(view.close[0] - view.low[1]), average(view, EQUAL, 1))
    return continuation_parts(view, direction, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="on_neck",
        title="On neck",
        family="candlestick",
        formula="a long black body; a white candle that opens below its low and closes within a "
        "twentieth of the mean range of 5 of that low; kept after a fall, which it goes on with",
        source="TA-Lib CDLONNECK; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=11,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bar before is the one before, however long ago",
        find=find,
        keep=continues(SPAN, -1, trend=0.5),
        parts=parts,
        weights=WEIGHTS,
        example=(*falling(), (40.0, 40.2, 37.8, 38.0, 100.0), (37.2, 37.9, 37.0, 37.8, 300.0)),
        cool_down=5,
        expires=15,
    ),
)
