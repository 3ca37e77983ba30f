"""Upside and downside gap three methods: a gap with the trend, closed by the next candle."""

import numpy as np

from patterns.candles import (
    as_strength,
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
from patterns.detectors.candlesticks.tasuki_gap import SPAN, opens_in_last_body
from patterns.evidence import ratio, trend_lookback
from patterns.examples import rising
from patterns.views import BarView


def find(view: BarView) -> Strength:
    """TA-Lib's CDLXSIDEGAP3METHODS: 100 where the gap is up, -100 where it is down."""
    closed = (view.close[0] < body_top(view, 2)) & (view.close[0] > body_bottom(view, 2))
    closed &= opens_in_last_body(view)
    up = white(view, 2) & white(view, 1) & black(view, 0) & body_gap_up(view, 1, 2)
    down = black(view, 2) & black(view, 1) & white(view, 0) & body_gap_down(view, 1, 2)
    return as_strength(closed & up) - as_strength(closed & down)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how little it comes into the first body beyond the gap; volume; the trend before."""
    into = ratio(np.abs(view.close[0] - view.close[2]), body(view, 2))
    return continuation_parts(view, direction, SPAN, 1.0 - into)


DEFINITIONS = (
    Detector(
        pattern_type="gap_three_methods",
        title="Gap three methods",
        family="candlestick",
        formula="two white bodies, the second wholly above the first; a black one that opens in "
        "the second and closes in the first; or the mirror image; kept after a trend to the "
        "gap's side",
        source="TA-Lib CDLXSIDEGAP3METHODS; Gregory Morris, Candlestick Charting Explained",
        warm_up=2,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bars before are the ones before, however long ago: between sessions a gap is "
        "common",
        find=find,
        keep=continues(SPAN, lambda view: colour(view, 1)),
        parts=parts,
        weights=WEIGHTS,
        example=(*rising(), (61.5, 63.1, 61.4, 63.0, 100.0), (62.0, 62.2, 59.7, 59.8, 300.0)),
        cool_down=5,
    ),
)
