"""Doji: open and close are almost equal."""

from patterns.candles import BODY_DOJI, as_strength, average, body, high_low, moved
from patterns.definitions import Detector, Direction, Parts, Strength, neutral
from patterns.evidence import LOOKBACK, or_unknown, ratio, saturating, volume_part
from patterns.sums import add_columns
from patterns.views import BarView

RANGE_BARS = 10


def find(view: BarView) -> Strength:
    """TA-Lib's CDLDOJI: 100 where the body is at most a tenth of the mean range of 10 bars."""
    return as_strength(body(view, 0) <= average(view, BODY_DOJI, 0))


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how small the body is in its range; range: how large that is; volume."""
    mean = add_columns(lambda ago: high_low(view, ago), RANGE_BARS, 1) / RANGE_BARS
    return {
        "fit": or_unknown(1.0 - ratio(body(view, 0), high_low(view, 0))),
        "range": or_unknown(saturating(ratio(high_low(view, 0), mean))),
        "volume": volume_part(view),
    }


DEFINITIONS = (
    Detector(
        pattern_type="doji",
        formula="|close - open| <= 0.1 * mean(high - low) of the 10 bars before",
        source="TA-Lib CDLDOJI; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=10,
        lookback=LOOKBACK,
        span=1,
        gaps="counts bars; a bar in which the price did not move is left out: a single print "
        "says nothing of indecision",
        find=find,
        keep=moved,
        direction=neutral,
        parts=parts,
        weights={"fit": 0.4, "range": 0.3, "volume": 0.3},
    ),
)
