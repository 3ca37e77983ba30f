"""Three outside up and down: an engulfing, confirmed by a further close."""

import numpy as np

from patterns.candles import as_strength, black, body, colour, white
from patterns.candlestick import reversal
from patterns.candlestick_evidence import excess
from patterns.definitions import Strength
from patterns.examples import falling
from patterns.views import BarView, Floats


def find(view: BarView) -> Strength:
    """TA-Lib's CDL3OUTSIDE: 100 after a white second candle, -100 after a black one."""
    opened, closed = view.open[1], view.close[1]
    up = white(view, 1) & black(view, 2) & (closed > view.open[2]) & (opened < view.close[2])
    down = black(view, 1) & white(view, 2) & (opened > view.close[2]) & (closed < view.open[2])
    found = (up & (view.close[0] > closed)) | (down & (view.close[0] < closed))
    return as_strength(found) * colour(view, 1)


def fit(view: BarView) -> Floats:
    """How much the second body and the confirmation exceed the first body."""
    return excess(np.abs(view.close[0] - view.open[1]), body(view, 2))


DEFINITIONS = (
    reversal(
        pattern_type="three_outside",
        title="Three outside up and down",
        formula="a body wholly inside the next, which has the other colour; then a close beyond "
        "the second close",
        source="TA-Lib CDL3OUTSIDE; Greg Morris, Candlestick Charting Explained",
        warm_up=3,
        span=3,
        side=lambda view: colour(view, 1),
        size=1.25,
        find=find,
        fit=fit,
        example=(
            *falling(),
            (40.0, 40.1, 38.9, 39.0, 100.0),
            (38.6, 40.7, 38.5, 40.5, 100.0),
            (40.5, 42.2, 40.4, 42.0, 300.0),
        ),
    ),
)
