"""Piercing line: a long white candle opens below a long black one and closes above its middle."""

from patterns.candles import as_strength, body, long_body
from patterns.candlestick_evidence import WEIGHTS, reversal_parts, reverses
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.candlesticks.in_neck import SPAN, opens_below_long_black
from patterns.evidence import ratio, trend_lookback
from patterns.examples import falling
from patterns.views import BarView


def find(view: BarView) -> Strength:
    """TA-Lib's CDLPIERCING: 100."""
    above_middle = view.close[0] > view.close[1] + body(view, 1) * 0.5
    within = view.close[0] < view.open[1]
    return as_strength(opens_below_long_black(view) & long_body(view, 0) & above_middle & within)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how much of the black body it takes back; volume; the fall before."""
    fit = ratio(view.close[0] - view.close[1], body(view, 1))
    return reversal_parts(view, direction, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="piercing",
        title="Piercing line",
        family="candlestick",
        formula="a long black body; a long white body that opens below its low and closes above "
        "its middle but below its open; kept after a fall",
        source="TA-Lib CDLPIERCING; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=11,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bar before is the one before, however long ago",
        find=find,
        keep=reverses(SPAN, 1, trend=0.5),
        parts=parts,
        weights=WEIGHTS,
        example=(*falling(), (40.0, 40.2, 37.8, 38.0, 100.0), (37.2, 39.7, 37.1, 39.6, 300.0)),
        cool_down=5,
    ),
)
