"""Breakaway: a gap in the trend, three more candles of it, and one that comes back to the gap."""

import numpy as np

from patterns.candles import as_strength, body_gap_down, body_gap_up, colour, long_body
from patterns.candlestick import reversal
from patterns.definitions import Strength
from patterns.evidence import ratio
from patterns.examples import falling
from patterns.views import BarView, Bools, Floats


def _falls(view: BarView) -> Bools:
    """Two lower highs and lower lows, a close back between the gap's ends."""
    lower = (view.high[2] < view.high[3]) & (view.low[2] < view.low[3])
    lower &= (view.high[1] < view.high[2]) & (view.low[1] < view.low[2])
    back = (view.close[0] > view.open[3]) & (view.close[0] < view.close[4])
    return body_gap_down(view, 3, 4) & lower & back


def _rises(view: BarView) -> Bools:
    """The same, upside down."""
    higher = (view.high[2] > view.high[3]) & (view.low[2] > view.low[3])
    higher &= (view.high[1] > view.high[2]) & (view.low[1] > view.low[2])
    back = (view.close[0] < view.open[3]) & (view.close[0] > view.close[4])
    return body_gap_up(view, 3, 4) & higher & back


def find(view: BarView) -> Strength:
    """TA-Lib's CDLBREAKAWAY: 100 after a fall, -100 after a rise."""
    way = colour(view, 4)
    found = (colour(view, 3) == way) & (colour(view, 1) == way) & (colour(view, 0) == -way)
    found &= long_body(view, 4) & np.where(way < 0, _falls(view), _rises(view))
    return as_strength(found) * colour(view, 0)


def fit(view: BarView) -> Floats:
    """How much of the gap between the first bodies is closed."""
    gap = np.abs(view.close[4] - view.open[3])
    return ratio(np.abs(view.close[0] - view.open[3]), gap)


DEFINITIONS = (
    reversal(
        pattern_type="breakaway",
        title="Breakaway",
        formula="a long body; one of its colour gapped away in its direction; a candle further "
        "on, and one of the same colour still further; then one of the other colour that closes "
        "in the gap",
        source="TA-Lib CDLBREAKAWAY; Greg Morris, Candlestick Charting Explained",
        warm_up=14,
        span=5,
        side=lambda view: colour(view, 0),
        # The five candles are most of the trend themselves.
        trend=0.0,
        min_confidence=0.5,
        find=find,
        fit=fit,
        example=(
            *falling(),
            (40.0, 40.1, 37.9, 38.0, 100.0),
            (37.6, 37.7, 36.5, 36.6, 100.0),
            (36.4, 36.6, 35.4, 35.6, 100.0),
            (35.5, 35.7, 34.2, 34.4, 100.0),
            (34.5, 38.0, 34.4, 37.8, 300.0),
        ),
    ),
)
