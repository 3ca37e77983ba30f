"""Harami cross: a doji inside the long body before it."""

from patterns.candles import BODY_DOJI, average, body, colour, doji_body
from patterns.candlestick import reversal
from patterns.candlestick_evidence import scarcity
from patterns.definitions import Strength
from patterns.detectors.candlesticks.harami import inside_long_body
from patterns.examples import falling
from patterns.views import BarView, Floats


def find(view: BarView) -> Strength:
    """TA-Lib's CDLHARAMICROSS: positive after a black candle; ±80 where the bodies share an end."""
    return inside_long_body(view, doji_body(view, 0))


def fit(view: BarView) -> Floats:
    """How small the second body is."""
    return scarcity(body(view, 0), average(view, BODY_DOJI, 0))


DEFINITIONS = (
    reversal(
        pattern_type="harami_cross",
        title="Harami cross",
        formula="a body above the mean of 10, then a doji that lies within it (one end may be "
        "equal)",
        source="TA-Lib CDLHARAMICROSS; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=11,
        span=2,
        side=lambda view: -colour(view, 1),
        size=1.25,
        find=find,
        fit=fit,
        example=(
            *falling(),
            (40.0, 40.1, 36.9, 37.0, 100.0),
            (38.2, 38.9, 37.6, 38.25, 300.0),
        ),
    ),
)
