"""Long line: a long body with short shadows."""

from patterns.candles import (
    BODY_LONG,
    SHADOW_SHORT,
    as_strength,
    average,
    body,
    colour,
    long_body,
    lower_shadow,
    upper_shadow,
)
from patterns.candlestick_evidence import WEIGHTS, continuation_parts, continues, excess
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import trend_lookback
from patterns.examples import rising
from patterns.views import BarView, Bools

SPAN = 1


def short_shadows(view: BarView) -> Bools:
    """Both shadows are shorter than half the mean of both together."""
    most = average(view, SHADOW_SHORT, 0)
    return (upper_shadow(view, 0) < most) & (lower_shadow(view, 0) < most)


def find(view: BarView) -> Strength:
    """TA-Lib's CDLLONGLINE: 100 white, -100 black."""
    return as_strength(long_body(view, 0) & short_shadows(view)) * colour(view, 0)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how much longer than the mean the body is; volume; the trend before."""
    fit = excess(body(view, 0), average(view, BODY_LONG, 0))
    return continuation_parts(view, direction, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="long_line",
        title="Long line",
        family="candlestick",
        formula="body above the mean of 10, each shadow below half the mean of both shadows "
        "together over 10; kept where the bar is 2.5 times as large as those before and goes on "
        "with their trend",
        source="TA-Lib CDLLONGLINE; Gregory Morris, Candlestick Charting Explained",
        warm_up=10,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="counts bars, however long ago they are",
        find=find,
        keep=continues(SPAN, lambda view: colour(view, 0), size=2.5),
        parts=parts,
        weights=WEIGHTS,
        example=(*rising(), (60.0, 64.1, 59.9, 64.0, 300.0)),
        min_confidence=0.6,
        cool_down=10,
        expires=10,
    ),
)
