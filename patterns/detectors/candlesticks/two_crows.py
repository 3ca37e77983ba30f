"""Two crows: a long white body, a black one gapped above it, a black one back into the first."""

from patterns.candles import as_strength, black, body, body_gap_up, long_body, white
from patterns.candlestick import reversal
from patterns.definitions import Strength
from patterns.evidence import ratio
from patterns.examples import rising
from patterns.views import BarView, Floats


def find(view: BarView) -> Strength:
    """TA-Lib's CDL2CROWS: -100."""
    opened, closed = view.open[0], view.close[0]
    first = white(view, 2) & long_body(view, 2)
    second = black(view, 1) & body_gap_up(view, 1, 2)
    within = (opened < view.open[1]) & (opened > view.close[1])
    back = (closed > view.open[2]) & (closed < view.close[2])
    return as_strength(first & second & black(view, 0) & within & back, -100)


def fit(view: BarView) -> Floats:
    """How far the last close went back into the first body."""
    return ratio(view.close[2] - view.close[0], body(view, 2))


DEFINITIONS = (
    reversal(
        pattern_type="two_crows",
        title="Two crows",
        formula="a long white body; a black body wholly above it; a black candle that opens "
        "within the second body and closes within the first",
        source="TA-Lib CDL2CROWS; Greg Morris, Candlestick Charting Explained",
        warm_up=12,
        span=3,
        side=-1,
        trend=0.5,
        min_confidence=0.5,
        find=find,
        fit=fit,
        example=(
            *rising(),
            (60.0, 62.2, 59.9, 62.0, 100.0),
            (63.5, 63.6, 62.7, 62.8, 100.0),
            (63.2, 63.3, 60.8, 61.0, 300.0),
        ),
    ),
)
