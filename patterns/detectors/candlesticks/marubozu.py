"""Marubozu: a long body with next to no shadows."""

from patterns.candles import (
    as_strength,
    bare_bottom,
    bare_top,
    body,
    colour,
    high_low,
    long_body,
)
from patterns.candlestick_evidence import WEIGHTS, continuation_parts, continues
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import ratio, trend_lookback
from patterns.examples import rising
from patterns.views import BarView, Bools

SPAN = 1


def is_marubozu(view: BarView, ago: int) -> Bools:
    """A long body with very short shadows, of either colour."""
    return long_body(view, ago) & bare_top(view, ago) & bare_bottom(view, ago)


def find(view: BarView) -> Strength:
    """TA-Lib's CDLMARUBOZU: 100 white, -100 black."""
    return as_strength(is_marubozu(view, 0)) * colour(view, 0)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how much of the range is body; volume; the trend before, in its direction."""
    fit = ratio(body(view, 0), high_low(view, 0))
    return continuation_parts(view, direction, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="marubozu",
        title="Marubozu",
        family="candlestick",
        formula="body above the mean of 10, both shadows below a tenth of the mean range of 10; "
        "kept where it is twice as large as the bars before and goes on with their trend",
        source="TA-Lib CDLMARUBOZU; Gregory Morris, Candlestick Charting Explained",
        warm_up=10,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="counts bars, however long ago they are",
        find=find,
        keep=continues(SPAN, lambda view: colour(view, 0), size=2.0),
        parts=parts,
        weights=WEIGHTS,
        example=(*rising(), (60.0, 64.05, 59.95, 64.0, 300.0)),
        min_confidence=0.6,
        cool_down=10,
        expires=10,
    ),
)
