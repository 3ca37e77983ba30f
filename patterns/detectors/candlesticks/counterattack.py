"""Counterattack: two long bodies of opposite colour that close at the same price."""

import numpy as np

from patterns.candles import EQUAL, as_strength, average, colour, long_body
from patterns.candlestick import reversal
from patterns.candlestick_evidence import scarcity
from patterns.definitions import Strength
from patterns.examples import falling
from patterns.views import BarView, Floats


def find(view: BarView) -> Strength:
    """TA-Lib's CDLCOUNTERATTACK: 100 where the second candle is white, -100 where it is black."""
    equal = average(view, EQUAL, 1)
    closed, before = view.close[0], view.close[1]
    level = (closed <= before + equal) & (closed >= before - equal)
    found = (colour(view, 1) == -colour(view, 0)) & long_body(view, 1) & long_body(view, 0)
    return as_strength(found & level) * colour(view, 0)


def fit(view: BarView) -> Floats:
    """How equal the closes are."""
    return scarcity(np.abs(view.close[0] - view.close[1]), average(view, EQUAL, 1))


DEFINITIONS = (
    reversal(
        pattern_type="counterattack",
        title="Counterattack",
        formula="two long bodies of opposite colour whose closes differ by at most a twentieth "
        "of the mean range of 5",
        source="TA-Lib CDLCOUNTERATTACK; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=11,
        span=2,
        side=lambda view: colour(view, 0),
        trend=0.5,
        min_confidence=0.5,
        find=find,
        fit=fit,
        example=(
            *falling(),
            (40.0, 40.1, 37.4, 37.5, 100.0),
            (35.2, 37.6, 35.1, 37.5, 300.0),
        ),
    ),
)
