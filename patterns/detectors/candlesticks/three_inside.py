"""Three inside up and down: a harami, confirmed by a close beyond the first body."""

from patterns.candles import (
    BODY_SHORT,
    as_strength,
    average,
    black,
    body,
    body_bottom,
    body_top,
    colour,
    long_body,
    white,
)
from patterns.candlestick import reversal
from patterns.definitions import Strength
from patterns.evidence import ratio
from patterns.examples import falling
from patterns.views import BarView, Floats


def find(view: BarView) -> Strength:
    """TA-Lib's CDL3INSIDE: 100 after a black first candle, -100 after a white one."""
    small = body(view, 1) <= average(view, BODY_SHORT, 1)
    inside = (body_top(view, 1) < body_top(view, 2)) & (body_bottom(view, 1) > body_bottom(view, 2))
    up = black(view, 2) & white(view, 0) & (view.close[0] > view.open[2])
    down = white(view, 2) & black(view, 0) & (view.close[0] < view.open[2])
    return as_strength(long_body(view, 2) & small & inside & (up | down)) * colour(view, 0)


def fit(view: BarView) -> Floats:
    """How much smaller the second body is than the first."""
    return 1.0 - ratio(body(view, 1), body(view, 2))


DEFINITIONS = (
    reversal(
        pattern_type="three_inside",
        title="Three inside up and down",
        formula="a long body; a short one wholly inside it; a candle of the other colour than the "
        "first that closes beyond the first open",
        source="TA-Lib CDL3INSIDE; Greg Morris, Candlestick Charting Explained",
        warm_up=12,
        span=3,
        side=lambda view: colour(view, 0),
        find=find,
        fit=fit,
        example=(
            *falling(),
            (40.0, 40.1, 36.9, 37.0, 100.0),
            (37.8, 38.6, 37.6, 38.4, 100.0),
            (38.5, 40.9, 38.4, 40.7, 300.0),
        ),
    ),
)
