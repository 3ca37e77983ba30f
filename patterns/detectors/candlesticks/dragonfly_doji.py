"""Dragonfly doji: open and close at the high, far above the low."""

from patterns.candles import (
    SHADOW_VERY_SHORT,
    as_strength,
    average,
    bare_top,
    doji_body,
    high_low,
    lower_shadow,
)
from patterns.candlestick import reversal
from patterns.definitions import Strength
from patterns.evidence import ratio
from patterns.examples import falling
from patterns.views import BarView, Floats


def find(view: BarView) -> Strength:
    """TA-Lib's CDLDRAGONFLYDOJI: 100."""
    hangs = lower_shadow(view, 0) > average(view, SHADOW_VERY_SHORT, 0)
    return as_strength(doji_body(view, 0) & bare_top(view, 0) & hangs)


def fit(view: BarView) -> Floats:
    """How much of the range is lower shadow."""
    return ratio(lower_shadow(view, 0), high_low(view, 0))


DEFINITIONS = (
    reversal(
        pattern_type="dragonfly_doji",
        title="Dragonfly doji",
        formula="body at most, upper shadow below, and lower shadow above a tenth of the mean "
        "range of 10",
        source="TA-Lib CDLDRAGONFLYDOJI; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=10,
        span=1,
        side=1,
        find=find,
        fit=fit,
        example=(*falling(), (40.0, 40.05, 37.6, 40.02, 300.0)),
    ),
)
