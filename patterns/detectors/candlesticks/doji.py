"""Doji: open and close are almost equal."""

from patterns.candles import as_strength, doji_body
from patterns.candlestick import indecision
from patterns.candlestick_evidence import fullness
from patterns.definitions import Strength
from patterns.examples import rising
from patterns.views import BarView, Floats


def find(view: BarView) -> Strength:
    """TA-Lib's CDLDOJI: 100 where the body is at most a tenth of the mean range of 10 bars."""
    return as_strength(doji_body(view, 0))


def fit(view: BarView) -> Floats:
    """How small the body is in its range."""
    return 1.0 - fullness(view, 1)


DEFINITIONS = (
    indecision(
        pattern_type="doji",
        title="Doji",
        formula="|close - open| <= 0.1 * mean(high - low) of the 10 bars before",
        source="TA-Lib CDLDOJI; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=10,
        span=1,
        size=2.0,
        find=find,
        fit=fit,
        example=(*rising(), (61.0, 62.6, 59.4, 61.0, 300.0)),
    ),
)
