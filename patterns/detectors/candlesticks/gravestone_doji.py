"""Gravestone doji: open and close at the low, far below the high."""

from patterns.candles import (
    SHADOW_VERY_SHORT,
    as_strength,
    average,
    bare_bottom,
    doji_body,
    high_low,
    upper_shadow,
)
from patterns.candlestick import reversal
from patterns.candlestick_evidence import always
from patterns.definitions import Strength
from patterns.evidence import ratio
from patterns.examples import rising
from patterns.views import BarView, Floats


def find(view: BarView) -> Strength:
    """TA-Lib's CDLGRAVESTONEDOJI: 100, although it points down."""
    stands = upper_shadow(view, 0) > average(view, SHADOW_VERY_SHORT, 0)
    return as_strength(doji_body(view, 0) & bare_bottom(view, 0) & stands)


def fit(view: BarView) -> Floats:
    """How much of the range is upper shadow."""
    return ratio(upper_shadow(view, 0), high_low(view, 0))


DEFINITIONS = (
    reversal(
        pattern_type="gravestone_doji",
        title="Gravestone doji",
        formula="body at most, lower shadow below, and upper shadow above a tenth of the mean "
        "range of 10",
        source="TA-Lib CDLGRAVESTONEDOJI; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=10,
        span=1,
        side=-1,
        find=find,
        direction=always(-1),
        fit=fit,
        example=(*rising(), (60.0, 62.4, 59.95, 60.02, 300.0)),
    ),
)
