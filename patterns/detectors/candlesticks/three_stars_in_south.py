"""Three stars in the south: three black candles that shrink, each inside the one before."""

from patterns.candles import (
    SHADOW_LONG,
    SHADOW_VERY_SHORT,
    as_strength,
    average,
    bare_bottom,
    bare_top,
    black,
    body,
    long_body,
    lower_shadow,
    short_body,
)
from patterns.candlestick import reversal
from patterns.definitions import Strength
from patterns.evidence import ratio
from patterns.examples import falling
from patterns.views import BarView, Bools, Floats


def _first(view: BarView) -> Bools:
    """A long black candle whose lower shadow is longer than its body."""
    shadow = lower_shadow(view, 2) > average(view, SHADOW_LONG, 2)
    return black(view, 2) & long_body(view, 2) & shadow


def _second(view: BarView) -> Bools:
    """A smaller black one that opens above the first close and holds the first low."""
    opened, low = view.open[1], view.low[1]
    opens = (opened > view.close[2]) & (opened <= view.high[2])
    holds = (low < view.close[2]) & (low >= view.low[2])
    shadow = lower_shadow(view, 1) > average(view, SHADOW_VERY_SHORT, 1)
    return black(view, 1) & (body(view, 1) < body(view, 2)) & opens & holds & shadow


def _third(view: BarView) -> Bools:
    """A short black candle without shadows, inside the range of the second."""
    inside = (view.low[0] > view.low[1]) & (view.high[0] < view.high[1])
    return black(view, 0) & short_body(view, 0) & bare_bottom(view, 0) & bare_top(view, 0) & inside


def find(view: BarView) -> Strength:
    """TA-Lib's CDL3STARSINSOUTH: 100."""
    return as_strength(_first(view) & _second(view) & _third(view))


def fit(view: BarView) -> Floats:
    """How much the bodies have shrunk."""
    return 1.0 - ratio(body(view, 0), body(view, 2))


DEFINITIONS = (
    reversal(
        pattern_type="three_stars_in_south",
        title="Three stars in the south",
        formula="a long black candle with a lower shadow longer than its body; a smaller black "
        "one that opens above the first close, trades below it and holds the first low; a short "
        "black one with hardly a shadow inside the range of the second",
        source="TA-Lib CDL3STARSINSOUTH; Greg Morris, Candlestick Charting Explained",
        warm_up=12,
        span=3,
        side=1,
        trend=0.5,
        min_confidence=0.5,
        find=find,
        fit=fit,
        example=(
            *falling(),
            (40.0, 40.1, 33.5, 37.0, 100.0),
            (37.8, 37.9, 34.5, 36.5, 100.0),
            (36.4, 36.5, 35.9, 36.0, 300.0),
        ),
    ),
)
