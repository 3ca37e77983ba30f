"""Upside gap two crows: two black candles above a long white one, the second over the first."""

from patterns.candles import (
    BODY_SHORT,
    as_strength,
    average,
    black,
    body,
    body_gap_up,
    long_body,
    white,
)
from patterns.candlestick_evidence import WEIGHTS, excess, reversal_parts, reverses
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import trend_lookback
from patterns.examples import rising
from patterns.views import BarView, Bools

SPAN = 3


def first_crow(view: BarView) -> Bools:
    """A black body, not long, wholly above a long white one."""
    small = black(view, 1) & (body(view, 1) <= average(view, BODY_SHORT, 1))
    return white(view, 2) & long_body(view, 2) & small & body_gap_up(view, 1, 2)


def find(view: BarView) -> Strength:
    """TA-Lib's CDLUPSIDEGAP2CROWS: -100."""
    over = (view.open[0] > view.open[1]) & (view.close[0] < view.close[1])
    in_gap = view.close[0] > view.close[2]
    return as_strength(first_crow(view) & black(view, 0) & over & in_gap, -100)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how much longer the second crow is than the first; volume; the rise before."""
    return reversal_parts(view, direction, SPAN, excess(body(view, 0), body(view, 1)))


DEFINITIONS = (
    Detector(
        pattern_type="upside_gap_two_crows",
        title="Upside gap two crows",
        family="candlestick",
        formula="a long white body; a black body, not above the mean of 10, wholly above it; a "
        "black body that reaches over both its ends and closes above the white close; kept after "
        "a rise",
        source="TA-Lib CDLUPSIDEGAP2CROWS; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=12,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bars before are the ones before, however long ago",
        find=find,
        keep=reverses(SPAN, -1, trend=0.0),
        parts=parts,
        weights=WEIGHTS,
        example=(
            *rising(),
            (60.0, 62.1, 59.9, 62.0, 100.0),
            (63.2, 63.4, 62.7, 62.8, 100.0),
            (63.6, 63.8, 62.2, 62.4, 300.0),
        ),
        cool_down=5,
    ),
)
