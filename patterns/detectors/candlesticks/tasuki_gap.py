"""Tasuki gap: a gap with the trend, and a candle of the other colour that does not fill it."""

import numpy as np

from patterns.candles import (
    NEAR,
    as_strength,
    average,
    black,
    body,
    body_bottom,
    body_gap_down,
    body_gap_up,
    body_top,
    colour,
    white,
)
from patterns.candlestick_evidence import WEIGHTS, continuation_parts, continues
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import ratio, trend_lookback
from patterns.examples import rising
from patterns.views import BarView, Bools

SPAN = 3


def opens_in_last_body(view: BarView) -> Bools:
    """The last candle opens within the body before it."""
    return (view.open[0] < body_top(view, 1)) & (view.open[0] > body_bottom(view, 1))


def find(view: BarView) -> Strength:
    """TA-Lib's CDLTASUKIGAP: 100 where the gap is up, -100 where it is down."""
    like = np.abs(body(view, 1) - body(view, 0)) < average(view, NEAR, 1)
    like &= opens_in_last_body(view)
    up = body_gap_up(view, 1, 2) & white(view, 1) & black(view, 0)
    up &= (view.close[0] < view.open[1]) & (view.close[0] > body_top(view, 2))
    down = body_gap_down(view, 1, 2) & black(view, 1) & white(view, 0)
    down &= (view.close[0] > view.open[1]) & (view.close[0] < body_bottom(view, 2))
    return as_strength(like & up) - as_strength(like & down)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how much of the gap is left open; volume; the trend before."""
    edge = np.where(direction > 0, body_top(view, 2), body_bottom(view, 2))
    fit = ratio(np.abs(view.close[0] - edge), np.abs(view.open[1] - edge))
    return continuation_parts(view, direction, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="tasuki_gap",
        title="Tasuki gap",
        family="candlestick",
        formula="a white body wholly above the one before, then a black one that opens within it "
        "and closes within the gap, the two bodies alike to a fifth of the mean range of 5; or "
        "the mirror image; kept after a trend to the gap's side",
        source="TA-Lib CDLTASUKIGAP; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=7,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bars before are the ones before, however long ago: between sessions a gap is "
        "common",
        find=find,
        keep=continues(SPAN, lambda view: colour(view, 1)),
        parts=parts,
        weights=WEIGHTS,
        example=(*rising(), (61.5, 63.1, 61.4, 63.0, 100.0), (62.5, 62.7, 60.8, 61.0, 300.0)),
        cool_down=5,
    ),
)
