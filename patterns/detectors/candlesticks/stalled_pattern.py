"""Stalled pattern: two long white candles, then a small one at the top of the second."""

from patterns.candles import (
    NEAR,
    as_strength,
    average,
    bare_top,
    body,
    long_body,
    short_body,
    white,
)
from patterns.candlestick_evidence import WEIGHTS, reversal_parts, reverses
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import ratio, trend_lookback
from patterns.examples import rising
from patterns.views import BarView, Bools

SPAN = 3


def advancing(view: BarView) -> Bools:
    """Two long white candles, the second from within or near the first, with no upper shadow."""
    found = white(view, 2) & long_body(view, 2) & white(view, 1) & long_body(view, 1)
    found &= bare_top(view, 1) & (view.close[1] > view.close[2])
    found &= view.open[1] > view.open[2]
    return found & (view.open[1] <= view.close[2] + average(view, NEAR, 2))


def find(view: BarView) -> Strength:
    """TA-Lib's CDLSTALLEDPATTERN: -100."""
    small = white(view, 0) & short_body(view, 0) & (view.close[0] > view.close[1])
    on_top = view.open[0] >= view.close[1] - body(view, 0) - average(view, NEAR, 1)
    return as_strength(advancing(view) & small & on_top, -100)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how small the last body is beside the second; volume; the rise before."""
    return reversal_parts(view, direction, SPAN, 1.0 - ratio(body(view, 0), body(view, 1)))


DEFINITIONS = (
    Detector(
        pattern_type="stalled_pattern",
        title="Stalled pattern",
        family="candlestick",
        formula="three white candles with rising closes: a long body; a long one with next to no "
        "upper shadow that opens above the first open and at most a fifth of the mean range of 5 "
        "above its close; a short one that opens near the second close; kept after a rise",
        source="TA-Lib CDLSTALLEDPATTERN; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=12,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bars before are the ones before, however long ago",
        find=find,
        keep=reverses(SPAN, -1, trend=0.5),
        parts=parts,
        weights=WEIGHTS,
        example=(
            *rising(),
            (60.0, 62.1, 59.9, 62.0, 100.0),
            (62.1, 64.15, 62.0, 64.1, 150.0),
            (64.0, 64.6, 63.9, 64.4, 300.0),
        ),
        cool_down=5,
    ),
)
