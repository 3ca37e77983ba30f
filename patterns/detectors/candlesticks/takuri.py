"""Takuri: a doji at the top of its range, with a very long lower shadow."""

from patterns.candles import (
    SHADOW_VERY_LONG,
    as_strength,
    average,
    bare_top,
    doji_body,
    high_low,
    lower_shadow,
)
from patterns.candlestick_evidence import WEIGHTS, reversal_parts, reverses
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import ratio, trend_lookback
from patterns.examples import falling
from patterns.views import BarView

SPAN = 1


def find(view: BarView) -> Strength:
    """TA-Lib's CDLTAKURI: 100."""
    very_long = lower_shadow(view, 0) > average(view, SHADOW_VERY_LONG, 0)
    return as_strength(doji_body(view, 0) & bare_top(view, 0) & very_long)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how much of the range is lower shadow; volume; the fall before."""
    fit = ratio(lower_shadow(view, 0), high_low(view, 0))
    return reversal_parts(view, direction, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="takuri",
        title="Takuri",
        family="candlestick",
        formula="body at most a tenth of the mean range of 10, upper shadow below a tenth of it, "
        "lower shadow more than twice the body; kept after a fall",
        source="TA-Lib CDLTAKURI; Gregory Morris, Candlestick Charting Explained",
        warm_up=10,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="counts bars, however long ago they are; one in which the price did not move is "
        "left out",
        find=find,
        keep=reverses(SPAN, 1),
        parts=parts,
        weights=WEIGHTS,
        example=(*falling(), (39.5, 39.55, 36.5, 39.45, 300.0)),
        min_confidence=0.5,
        cool_down=5,
        expires=10,
    ),
)
