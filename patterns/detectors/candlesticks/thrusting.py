"""Thrusting: a white candle opens below a long black one and fails to reach its middle."""

from patterns.candles import EQUAL, as_strength, average, body
from patterns.candlestick_evidence import WEIGHTS, continuation_parts, continues, scarcity
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.candlesticks.in_neck import SPAN, opens_below_long_black
from patterns.evidence import trend_lookback
from patterns.examples import falling
from patterns.views import BarView


def find(view: BarView) -> Strength:
    """TA-Lib's CDLTHRUSTING: -100."""
    last, before = view.close[0], view.close[1]
    entered = last > before + average(view, EQUAL, 1)
    below_middle = last <= before + body(view, 1) * 0.5
    return as_strength(opens_below_long_black(view) & entered & below_middle, -100)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how far below the middle it closes; volume; the fall before."""
    fit = scarcity(view.close[0] - view.close[1], body(view, 1) * 0.5)
    return continuation_parts(view, direction, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="thrusting",
        title="Thrusting",
        family="candlestick",
        formula="a long black body; a white candle that opens below its low and closes above its "
        "close by more than a twentieth of the mean range of 5, but not above its middle; kept "
        "after a fall, which it goes on with",
        source="TA-Lib CDLTHRUSTING; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=11,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bar before is the one before, however long ago",
        find=find,
        keep=continues(SPAN, -1),
        parts=parts,
        weights=WEIGHTS,
        example=(*falling(), (40.0, 40.2, 37.8, 38.0, 100.0), (37.2, 38.7, 37.0, 38.5, 300.0)),
        cool_down=5,
        expires=15,
    ),
)
