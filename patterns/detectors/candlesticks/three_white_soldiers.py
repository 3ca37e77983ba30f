"""Three white soldiers: three white candles, each opening in the body before, closing higher."""

from patterns.candles import (
    BODY_SHORT,
    FAR,
    NEAR,
    as_strength,
    average,
    bare_top,
    body,
    white,
)
from patterns.candlestick import reversal
from patterns.candlestick_evidence import fullness
from patterns.definitions import Strength
from patterns.examples import falling
from patterns.views import BarView, Bools


def advances(view: BarView, ago: int) -> Bools:
    """Whether the candle opens above the open before, at or near its body, and closes higher."""
    opened, near = view.open[ago], average(view, NEAR, ago + 1)
    opens = (opened > view.open[ago + 1]) & (opened <= view.close[ago + 1] + near)
    return opens & (view.close[ago] > view.close[ago + 1])


def _holds_size(view: BarView, ago: int) -> Bools:
    """Whether the body is not far shorter than the one before."""
    least = body(view, ago + 1) - average(view, FAR, ago + 1)
    result: Bools = body(view, ago) > least
    return result


def find(view: BarView) -> Strength:
    """TA-Lib's CDL3WHITESOLDIERS: 100."""
    found = body(view, 0) > average(view, BODY_SHORT, 0)
    for ago in (2, 1, 0):
        found &= white(view, ago) & bare_top(view, ago)
    for ago in (1, 0):
        found &= advances(view, ago) & _holds_size(view, ago)
    return as_strength(found)


DEFINITIONS = (
    reversal(
        pattern_type="three_white_soldiers",
        title="Three white soldiers",
        formula="three white candles with upper shadows below a tenth of the mean range of 10, "
        "each closing higher and opening above the open before, at most a fifth of the mean range "
        "of 5 over its close; no body shorter than the one before by 0.6 of that mean, the last "
        "one not short",
        source="TA-Lib CDL3WHITESOLDIERS; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=12,
        span=3,
        side=1,
        trend=0.5,
        min_confidence=0.5,
        find=find,
        fit=lambda view: fullness(view, 3),
        example=(
            *falling(),
            (40.0, 41.25, 39.9, 41.2, 100.0),
            (40.8, 42.35, 40.7, 42.3, 100.0),
            (41.9, 43.6, 41.8, 43.55, 300.0),
        ),
    ),
)
