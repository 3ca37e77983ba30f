"""Closing marubozu: a long body that closes at its extreme."""

from patterns.candles import as_strength, bare_bottom, bare_top, black, colour, long_body, white
from patterns.candlestick import continuation
from patterns.candlestick_evidence import fullness
from patterns.definitions import Strength
from patterns.examples import rising
from patterns.views import BarView


def find(view: BarView) -> Strength:
    """TA-Lib's CDLCLOSINGMARUBOZU: 100 white, -100 black."""
    at_extreme = (white(view, 0) & bare_top(view, 0)) | (black(view, 0) & bare_bottom(view, 0))
    return as_strength(long_body(view, 0) & at_extreme) * colour(view, 0)


DEFINITIONS = (
    continuation(
        pattern_type="closing_marubozu",
        title="Closing marubozu",
        formula="body above the mean of 10; the shadow at the close's end, upper for white and "
        "lower for black, below a tenth of the mean range of 10",
        source="TA-Lib CDLCLOSINGMARUBOZU; Greg Morris, Candlestick Charting Explained",
        warm_up=10,
        span=1,
        side=lambda view: colour(view, 0),
        size=2.5,
        find=find,
        fit=lambda view: fullness(view, 1),
        example=(*rising(), (60.0, 63.5, 59.5, 63.5, 300.0)),
    ),
)
