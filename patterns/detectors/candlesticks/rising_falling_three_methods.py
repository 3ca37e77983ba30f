"""Rising and falling three methods: a long candle, three small ones against it, a long one on."""

from patterns.candles import (
    as_strength,
    black,
    body,
    body_bottom,
    body_top,
    colour,
    long_body,
    short_body,
    white,
)
from patterns.candlestick_evidence import WEIGHTS, continuation_parts, continues
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import ratio, trend_lookback
from patterns.examples import rising
from patterns.views import BarView, Bools

SPAN = 5
SMALL = (3, 2, 1)


def bodies(view: BarView) -> Bools:
    """Long, three short ones that touch the range of the first, long."""
    found = long_body(view, 4) & long_body(view, 0)
    for ago in SMALL:
        found &= short_body(view, ago)
        found &= (body_bottom(view, ago) < view.high[4]) & (body_top(view, ago) > view.low[4])
    return found


def rising_three(view: BarView) -> Bools:
    """White, three black with falling closes, white to a new close."""
    found = white(view, 4) & white(view, 0)
    for ago in SMALL:
        found &= black(view, ago)
    found &= (view.close[2] < view.close[3]) & (view.close[1] < view.close[2])
    return found & (view.open[0] > view.close[1]) & (view.close[0] > view.close[4])


def falling_three(view: BarView) -> Bools:
    """Black, three white with rising closes, black to a new close."""
    found = black(view, 4) & black(view, 0)
    for ago in SMALL:
        found &= white(view, ago)
    found &= (view.close[2] > view.close[3]) & (view.close[1] > view.close[2])
    return found & (view.open[0] < view.close[1]) & (view.close[0] < view.close[4])


def find(view: BarView) -> Strength:
    """TA-Lib's CDLRISEFALL3METHODS: 100 rising, -100 falling."""
    made = bodies(view)
    return as_strength(made & rising_three(view)) - as_strength(made & falling_three(view))


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how small the three are beside the first; volume; the trend before."""
    small = body(view, 3) + body(view, 2) + body(view, 1)
    fit = 1.0 - ratio(small / 3.0, body(view, 4))
    return continuation_parts(view, direction, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="rising_falling_three_methods",
        title="Rising and falling three methods",
        family="candlestick",
        formula="a long body; three short ones of the other colour that lie partly in its range, "
        "each closing further against it; a long one of its colour that opens back from the last "
        "close and closes beyond the first close; kept after a trend of that direction",
        source="TA-Lib CDLRISEFALL3METHODS; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=14,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bars before are the ones before, however long ago",
        find=find,
        keep=continues(SPAN, lambda view: colour(view, 0), size=0.8, trend=0.0),
        parts=parts,
        weights=WEIGHTS,
        example=(
            *rising(),
            (60.0, 63.1, 59.9, 63.0, 100.0),
            (62.5, 62.7, 61.9, 62.0, 100.0),
            (62.1, 62.2, 61.4, 61.5, 100.0),
            (61.6, 61.7, 60.9, 61.0, 100.0),
            (61.5, 64.1, 61.4, 64.0, 300.0),
        ),
        cool_down=5,
    ),
)
