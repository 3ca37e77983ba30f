"""Doji star: a doji gapped away from a long body, in its direction."""

from patterns.candles import (
    BODY_DOJI,
    as_strength,
    average,
    black,
    body,
    body_gap_down,
    body_gap_up,
    colour,
    doji_body,
    long_body,
    white,
)
from patterns.candlestick import reversal
from patterns.candlestick_evidence import scarcity
from patterns.definitions import Strength
from patterns.examples import rising
from patterns.views import BarView, Floats


def find(view: BarView) -> Strength:
    """TA-Lib's CDLDOJISTAR: -100 after a white candle, 100 after a black one."""
    gapped = (white(view, 1) & body_gap_up(view, 0, 1)) | (
        black(view, 1) & body_gap_down(view, 0, 1)
    )
    return as_strength(long_body(view, 1) & doji_body(view, 0) & gapped) * -colour(view, 1)


def fit(view: BarView) -> Floats:
    """How small the second body is."""
    return scarcity(body(view, 0), average(view, BODY_DOJI, 0))


DEFINITIONS = (
    reversal(
        pattern_type="doji_star",
        title="Doji star",
        formula="a long body; then a doji whose body lies wholly beyond it, above a white and "
        "below a black one",
        source="TA-Lib CDLDOJISTAR; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=11,
        span=2,
        side=lambda view: -colour(view, 1),
        size=1.25,
        find=find,
        fit=fit,
        example=(
            *rising(),
            (60.0, 62.1, 59.9, 62.0, 100.0),
            (63.0, 63.4, 62.6, 63.05, 300.0),
        ),
    ),
)
