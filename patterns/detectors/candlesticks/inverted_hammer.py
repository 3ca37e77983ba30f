"""Inverted hammer: a small body gapped below the last, with a long upper shadow and no lower."""

from patterns.candles import (
    SHADOW_LONG,
    as_strength,
    average,
    bare_bottom,
    body_gap_down,
    high_low,
    short_body,
    upper_shadow,
)
from patterns.candlestick_evidence import WEIGHTS, reversal_parts, reverses
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import ratio, trend_lookback
from patterns.examples import falling
from patterns.views import BarView, Bools

SPAN = 1


def inverted_shape(view: BarView) -> Bools:
    """A small body with a long upper shadow and a very short lower one."""
    long_top = upper_shadow(view, 0) > average(view, SHADOW_LONG, 0)
    return short_body(view, 0) & long_top & bare_bottom(view, 0)


def inverted_parts(view: BarView, direction: Direction) -> Parts:
    """fit: how much of the range is upper shadow; volume; trend before the bar."""
    fit = ratio(upper_shadow(view, 0), high_low(view, 0))
    return reversal_parts(view, direction, SPAN, fit)


def find(view: BarView) -> Strength:
    """TA-Lib's CDLINVERTEDHAMMER: 100."""
    return as_strength(inverted_shape(view) & body_gap_down(view, 0, 1))


DEFINITIONS = (
    Detector(
        pattern_type="inverted_hammer",
        title="Inverted hammer",
        family="candlestick",
        formula="body below the mean of 10, upper shadow longer than the body, lower shadow below "
        "a tenth of the mean range of 10, the body wholly below the last one; kept after a fall",
        source="TA-Lib CDLINVERTEDHAMMER; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=11,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bar before is the one before, however long ago",
        find=find,
        keep=reverses(SPAN, 1, trend=0.5),
        parts=inverted_parts,
        weights=WEIGHTS,
        example=(*falling(), (39.3, 41.3, 39.25, 39.6, 300.0)),
        min_confidence=0.5,
        cool_down=5,
        expires=10,
    ),
)
