"""Long-legged doji: open and close almost equal, with a long shadow."""

from patterns.candles import (
    SHADOW_LONG,
    as_strength,
    average,
    doji_body,
    high_low,
    lower_shadow,
    mean_range,
    upper_shadow,
)
from patterns.candlestick_evidence import WEIGHTS, excess, neutral_parts, stands_out
from patterns.definitions import Detector, Direction, Parts, Strength, neutral
from patterns.evidence import TREND_BARS, trend_lookback
from patterns.examples import rising
from patterns.views import BarView

SPAN = 1


def find(view: BarView) -> Strength:
    """TA-Lib's CDLLONGLEGGEDDOJI: 100."""
    least = average(view, SHADOW_LONG, 0)
    long_legged = (lower_shadow(view, 0) > least) | (upper_shadow(view, 0) > least)
    return as_strength(doji_body(view, 0) & long_legged)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how much its range exceeds the mean; volume; the trend before, to either side."""
    fit = excess(high_low(view, 0), mean_range(view, TREND_BARS, SPAN))
    return neutral_parts(view, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="long_legged_doji",
        title="Long-legged doji",
        family="candlestick",
        formula="body at most a tenth of the mean range of 10, a shadow longer than the body; "
        "kept where the bar is twice as large as those before and comes after a trend",
        source="TA-Lib CDLLONGLEGGEDDOJI; Steve Nison, Japanese Candlestick Charting Techniques",
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
        example=(*rising(), (61.0, 63.2, 58.8, 61.05, 300.0)),
        min_confidence=0.6,
        cool_down=10,
        expires=10,
    ),
)
