"""Morning doji star: a morning star whose middle candle is a doji."""

from patterns.candles import (
    BODY_SHORT,
    as_strength,
    average,
    black,
    body,
    body_gap_down,
    doji_body,
    long_body,
    white,
)
from patterns.candlestick_evidence import WEIGHTS, reverses
from patterns.definitions import Detector, Strength
from patterns.detectors.candlesticks.morning_star import SPAN, star_parts
from patterns.evidence import trend_lookback
from patterns.examples import falling
from patterns.views import BarView, Bools


def doji_below(view: BarView) -> Bools:
    """A long black body, and a doji wholly below it."""
    return long_body(view, 2) & black(view, 2) & doji_body(view, 1) & body_gap_down(view, 1, 2)


def morning_doji_star(penetration: float = 0.3) -> Detector:
    """The last close must go back by more than `penetration` of the first body."""

    def find(view: BarView) -> Strength:
        risen = white(view, 0) & (body(view, 0) > average(view, BODY_SHORT, 0))
        back = view.close[0] > view.close[2] + body(view, 2) * penetration
        return as_strength(doji_below(view) & risen & back)

    return Detector(
        pattern_type="morning_doji_star",
        title="Morning doji star",
        family="candlestick",
        formula="a long black body; a doji wholly below it; a white body, not short, that closes "
        f"more than {penetration:g} of the first body above the first close; kept after a fall",
        source="TA-Lib CDLMORNINGDOJISTAR; Steve Nison, Japanese Candlestick Charting Techniques",
        parameters={"penetration": penetration},
        bounds={"penetration": (0.0, 1.0)},
        make=morning_doji_star,
        warm_up=12,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bars before are the ones before, however long ago",
        find=find,
        keep=reverses(SPAN, 1, trend=0.5),
        parts=star_parts,
        weights=WEIGHTS,
        example=(
            *falling(),
            (40.0, 40.2, 37.8, 38.0, 100.0),
            (37.1, 37.5, 36.7, 37.1, 100.0),
            (37.5, 39.8, 37.4, 39.6, 300.0),
        ),
        cool_down=5,
    )


DEFINITIONS = (morning_doji_star(),)
