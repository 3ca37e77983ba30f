"""Dark cloud cover: a black candle that opens above a long white one and closes well into it."""

from patterns.candles import as_strength, black, body, long_body, white
from patterns.candlestick import reversal
from patterns.candlestick_evidence import MIN_TREND
from patterns.definitions import Detector, Strength
from patterns.evidence import ratio
from patterns.examples import rising
from patterns.views import BarView, Floats


def fit(view: BarView) -> Floats:
    """How far the close went back into the first body."""
    return ratio(view.close[1] - view.close[0], body(view, 1))


def dark_cloud_cover(
    penetration: float = 0.5, trend: float = MIN_TREND, size: float = 1.0
) -> Detector:
    """The close must go back by more than `penetration` of the first body."""

    def find(view: BarView) -> Strength:
        closed = view.close[0]
        into = (closed > view.open[1]) & (closed < view.close[1] - body(view, 1) * penetration)
        above = view.open[0] > view.high[1]
        found = white(view, 1) & long_body(view, 1) & black(view, 0) & above & into
        return as_strength(found, -100)

    return reversal(
        pattern_type="dark_cloud_cover",
        title="Dark cloud cover",
        formula="a long white body; a black candle that opens above its high and closes above its "
        f"open but more than {penetration:g} of the body below its close",
        source="TA-Lib CDLDARKCLOUDCOVER; Steve Nison, Japanese Candlestick Charting Techniques",
        parameters={"penetration": penetration},
        bounds={"penetration": (0.0, 1.0)},
        make=dark_cloud_cover,
        trend=trend,
        size=size,
        warm_up=11,
        span=2,
        side=-1,
        find=find,
        fit=fit,
        example=(
            *rising(),
            (60.0, 62.1, 59.9, 62.0, 100.0),
            (62.5, 62.6, 60.3, 60.5, 300.0),
        ),
    )


DEFINITIONS = (dark_cloud_cover(),)
