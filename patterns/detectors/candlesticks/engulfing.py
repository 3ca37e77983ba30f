"""Engulfing: a body that swallows the opposite body before it."""

import numpy as np

from patterns.candles import black, body, colour, white
from patterns.candlestick import reversal
from patterns.definitions import Strength
from patterns.evidence import ratio, saturating
from patterns.examples import falling
from patterns.views import BarView, Floats


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


def fit(view: BarView) -> Floats:
    """How much larger the second body is."""
    return saturating(ratio(body(view, 0) - body(view, 1), body(view, 1)))


DEFINITIONS = (
    reversal(
        pattern_type="engulfing",
        title="Engulfing",
        formula="two bodies of opposite colour, the second reaching over both ends of the first "
        "(one end may be equal)",
        source="TA-Lib CDLENGULFING; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=2,
        span=2,
        side=lambda view: colour(view, 0),
        size=1.25,
        find=find,
        fit=fit,
        example=(*falling(), (39.9, 42.5, 39.8, 42.0, 300.0)),
    ),
)
