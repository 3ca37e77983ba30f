"""In neck: a white candle opens below a long black one and comes up to its close, no further."""

from patterns.candles import EQUAL, as_strength, average, black, long_body, white
from patterns.candlestick_evidence import WEIGHTS, continuation_parts, continues, scarcity
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import trend_lookback
from patterns.examples import falling
from patterns.views import BarView, Bools

SPAN = 2


def opens_below_long_black(view: BarView) -> Bools:
    """A long black candle, then a white one that opens below its low."""
    return black(view, 1) & long_body(view, 1) & white(view, 0) & (view.open[0] < view.low[1])


def find(view: BarView) -> Strength:
    """TA-Lib's CDLINNECK: -100."""
    last, before = view.close[0], view.close[1]
    at_close = (last >= before) & (last <= before + average(view, EQUAL, 1))
    return as_strength(opens_below_long_black(view) & at_close, -100)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how little it closes above the last close; volume; the fall before."""
    fit = scarcity(view.close[0] - view.close[1], average(view, EQUAL, 1))
    return continuation_parts(view, direction, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="in_neck",
        title="In neck",
        family="candlestick",
        formula="a long black body; a white candle that opens below its low and closes at its "
        "close or above by at most a twentieth of the mean range of 5; kept after a fall, which "
        "it goes on with",
        source="TA-Lib CDLINNECK; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=11,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bar before is the one before, however long ago",
        find=find,
        keep=continues(SPAN, -1, trend=0.5),
        parts=parts,
        weights=WEIGHTS,
        example=(*falling(), (40.0, 40.2, 37.8, 38.0, 100.0), (37.2, 38.1, 37.0, 38.02, 300.0)),
        cool_down=5,
        expires=15,
    ),
)
