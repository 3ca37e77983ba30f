"""Three black crows: three black candles, each opening in the body before and closing lower."""

from patterns.candles import as_strength, bare_bottom, black, white
from patterns.candlestick import reversal
from patterns.candlestick_evidence import fullness
from patterns.definitions import Strength
from patterns.examples import rising
from patterns.views import BarView, Bools


def crow_follows(view: BarView, ago: int) -> Bools:
    """Whether the candle opens within the body before it and closes lower."""
    opened = view.open[ago]
    within = (opened < view.open[ago + 1]) & (opened > view.close[ago + 1])
    return within & (view.close[ago] < view.close[ago + 1])


def find(view: BarView) -> Strength:
    """TA-Lib's CDL3BLACKCROWS: -100."""
    found = white(view, 3) & (view.high[3] > view.close[2])
    for ago in (2, 1, 0):
        found &= black(view, ago) & bare_bottom(view, ago)
    return as_strength(found & crow_follows(view, 1) & crow_follows(view, 0), -100)


DEFINITIONS = (
    reversal(
        pattern_type="three_black_crows",
        title="Three black crows",
        formula="after a white candle, three black ones with lower shadows below a tenth of the "
        "mean range of 10; the first closes below the white high, the others open within the "
        "body before and close lower",
        source="TA-Lib CDL3BLACKCROWS; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=13,
        span=3,
        side=-1,
        trend=0.5,
        min_confidence=0.5,
        find=find,
        fit=lambda view: fullness(view, 3),
        example=(
            *rising(),
            (60.3, 60.4, 58.95, 59.0, 100.0),
            (59.5, 59.6, 57.45, 57.5, 100.0),
            (58.0, 58.1, 55.95, 56.0, 300.0),
        ),
    ),
)
