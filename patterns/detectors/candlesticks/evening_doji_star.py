"""Evening doji star: a long white body, a doji gapped above it, a black one back into the first."""

from patterns.candles import (
    BODY_SHORT,
    as_strength,
    average,
    black,
    body,
    body_gap_up,
    doji_body,
    long_body,
    white,
)
from patterns.candlestick import reversal
from patterns.definitions import Detector, Strength
from patterns.evidence import ratio
from patterns.examples import rising
from patterns.views import BarView, Floats


def fit(view: BarView) -> Floats:
    """How far the last close went back into the first body."""
    return ratio(view.close[2] - view.close[0], body(view, 2))


def evening_doji_star(penetration: float = 0.3, trend: float = 0.5, size: float = 1.0) -> Detector:
    """The last close must go back by more than `penetration` of the first body."""

    def find(view: BarView) -> Strength:
        first = white(view, 2) & long_body(view, 2)
        star = doji_body(view, 1) & body_gap_up(view, 1, 2)
        back = view.close[0] < view.close[2] - body(view, 2) * penetration
        last = black(view, 0) & (body(view, 0) > average(view, BODY_SHORT, 0))
        return as_strength(first & star & last & back, -100)

    return reversal(
        pattern_type="evening_doji_star",
        title="Evening doji star",
        formula="a long white body; a doji whose body lies wholly above it; a black body, not "
        f"short, that closes more than {penetration:g} of the first body below the first close",
        source="TA-Lib CDLEVENINGDOJISTAR; Steve Nison, Japanese Candlestick Charting Techniques",
        parameters={"penetration": penetration},
        bounds={"penetration": (0.0, 1.0)},
        make=evening_doji_star,
        trend=trend,
        size=size,
        warm_up=12,
        span=3,
        side=-1,
        min_confidence=0.5,
        find=find,
        fit=fit,
        example=(
            *rising(),
            (61.0, 63.2, 60.8, 63.0, 100.0),
            (64.0, 64.3, 63.8, 64.05, 100.0),
            (63.5, 63.6, 61.2, 61.4, 300.0),
        ),
    )


DEFINITIONS = (evening_doji_star(),)
