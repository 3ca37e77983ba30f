"""High wave: a short body between two very long shadows."""

from patterns.candles import (
    SHADOW_VERY_LONG,
    as_strength,
    average,
    colour,
    lower_shadow,
    short_body,
    upper_shadow,
)
from patterns.candlestick import indecision
from patterns.candlestick_evidence import fullness
from patterns.definitions import Strength
from patterns.examples import rising
from patterns.views import BarView, Floats


def find(view: BarView) -> Strength:
    """TA-Lib's CDLHIGHWAVE: 100 white, -100 black."""
    shadow = average(view, SHADOW_VERY_LONG, 0)
    waves = (upper_shadow(view, 0) > shadow) & (lower_shadow(view, 0) > shadow)
    return as_strength(short_body(view, 0) & waves) * colour(view, 0)


def fit(view: BarView) -> Floats:
    """How much of the range is shadow."""
    return 1.0 - fullness(view, 1)


DEFINITIONS = (
    indecision(
        pattern_type="high_wave",
        title="High wave",
        formula="body below the mean of 10, both shadows longer than twice the body",
        source="TA-Lib CDLHIGHWAVE; Steve Nison, Beyond Candlesticks",
        warm_up=10,
        span=1,
        size=2.0,
        find=find,
        fit=fit,
        example=(*rising(), (61.0, 63.0, 59.2, 61.3, 300.0)),
    ),
)
