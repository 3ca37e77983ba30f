"""Homing pigeon: a short black body inside the long black one before it."""

from patterns.candles import BODY_SHORT, as_strength, average, black, body, long_body
from patterns.candlestick import reversal
from patterns.definitions import Strength
from patterns.evidence import ratio
from patterns.examples import falling
from patterns.views import BarView, Floats


def find(view: BarView) -> Strength:
    """TA-Lib's CDLHOMINGPIGEON: 100."""
    found = black(view, 1) & long_body(view, 1)
    found &= black(view, 0) & (body(view, 0) <= average(view, BODY_SHORT, 0))
    inside = (view.open[0] < view.open[1]) & (view.close[0] > view.close[1])
    return as_strength(found & inside)


def fit(view: BarView) -> Floats:
    """How much smaller the second body is."""
    return 1.0 - ratio(body(view, 0), body(view, 1))


DEFINITIONS = (
    reversal(
        pattern_type="homing_pigeon",
        title="Homing pigeon",
        formula="a black body above the mean of 10, then a black one at most the mean of 10 that "
        "lies wholly within it",
        source="TA-Lib CDLHOMINGPIGEON; Greg Morris, Candlestick Charting Explained",
        warm_up=11,
        span=2,
        side=1,
        find=find,
        fit=fit,
        example=(
            *falling(),
            (40.0, 40.1, 36.4, 36.5, 100.0),
            (38.6, 38.8, 37.8, 38.0, 300.0),
        ),
    ),
)
