"""Belt hold: a long body that opens at its extreme and runs the other way."""

from patterns.candles import as_strength, bare_bottom, bare_top, black, colour, long_body, white
from patterns.candlestick import reversal
from patterns.candlestick_evidence import fullness
from patterns.definitions import Strength
from patterns.examples import falling
from patterns.views import BarView


def find(view: BarView) -> Strength:
    """TA-Lib's CDLBELTHOLD: 100 white, -100 black."""
    from_extreme = (white(view, 0) & bare_bottom(view, 0)) | (black(view, 0) & bare_top(view, 0))
    return as_strength(long_body(view, 0) & from_extreme) * colour(view, 0)


DEFINITIONS = (
    reversal(
        pattern_type="belt_hold",
        title="Belt hold",
        formula="body above the mean of 10; the shadow at the open's end, lower for white and "
        "upper for black, below a tenth of the mean range of 10",
        source="TA-Lib CDLBELTHOLD; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=10,
        span=1,
        side=lambda view: colour(view, 0),
        size=2.5,
        find=find,
        fit=lambda view: fullness(view, 1),
        example=(*falling(), (39.0, 42.8, 39.0, 42.6, 300.0)),
    ),
)
