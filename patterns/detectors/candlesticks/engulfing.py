"""Engulfing: a body that swallows the opposite body before it."""

import numpy as np

from patterns.candles import black, body, moved, white
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import or_unknown, ratio, saturating, trend_lookback, trend_part, volume_part
from patterns.views import BarView

SPAN = 2


def find(view: BarView) -> Strength:
    """TA-Lib's CDLENGULFING: ±100, or ±80 where one end of the bodies is equal."""
    opened, closed = view.open[0], view.close[0]
    open_before, close_before = view.open[1], view.close[1]
    up = white(view, 0) & black(view, 1)
    up &= ((closed >= open_before) & (opened < close_before)) | (
        (closed > open_before) & (opened <= close_before)
    )
    down = black(view, 0) & white(view, 1)
    down &= ((opened >= close_before) & (closed < open_before)) | (
        (opened > close_before) & (closed <= open_before)
    )
    size = np.where((opened != close_before) & (closed != open_before), 100, 80)
    return (size * (up.astype(np.int16) - down)).astype(np.int16)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how much larger the body is; volume; trend before the two bars."""
    larger = ratio(body(view, 0) - body(view, 1), body(view, 1))
    return {
        "fit": or_unknown(saturating(larger)),
        "volume": volume_part(view),
        "trend": trend_part(view, direction, SPAN),
    }


DEFINITIONS = (
    Detector(
        pattern_type="engulfing",
        formula="two bodies of opposite colour, the second reaching over both ends of the first "
        "(one end may be equal)",
        source="TA-Lib CDLENGULFING; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=2,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bar before is the one before, however long ago",
        find=find,
        keep=moved,
        parts=parts,
        weights={"fit": 0.4, "volume": 0.3, "trend": 0.3},
    ),
)
