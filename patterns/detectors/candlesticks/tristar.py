"""Tristar: three doji, the middle one gapped away from the first."""

import numpy as np

from patterns.candles import (
    BODY_DOJI,
    as_strength,
    average,
    body,
    body_bottom,
    body_gap_down,
    body_gap_up,
    body_top,
    mean_range,
)
from patterns.candlestick_evidence import WEIGHTS, reversal_parts, reverses
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import TREND_BARS, ratio, saturating, trend_lookback
from patterns.examples import falling
from patterns.views import BarView, Bools, Floats

SPAN = 3


def three_doji(view: BarView) -> Bools:
    """TA-Lib holds all three against the bars before the first."""
    most = average(view, BODY_DOJI, 2)
    return (body(view, 2) <= most) & (body(view, 1) <= most) & (body(view, 0) <= most)


def find(view: BarView) -> Strength:
    """TA-Lib's CDLTRISTAR: 100 where the middle is gapped down, -100 where it is gapped up."""
    doji = three_doji(view)
    up = doji & body_gap_down(view, 1, 2) & (body_bottom(view, 0) > body_bottom(view, 1))
    down = doji & body_gap_up(view, 1, 2) & (body_top(view, 0) < body_top(view, 1))
    return as_strength(up) - as_strength(down)


def side(view: BarView) -> Floats:
    """Up where the middle close is the lower one."""
    return np.sign(view.close[2] - view.close[1])


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how far the middle stands off, 0.75 at the mean range; volume; the trend before."""
    off = ratio(np.abs(view.close[1] - view.close[2]), mean_range(view, TREND_BARS, SPAN))
    return reversal_parts(view, direction, SPAN, 0.5 + 0.5 * saturating(off))


DEFINITIONS = (
    Detector(
        pattern_type="tristar",
        title="Tristar",
        family="candlestick",
        formula="three bodies of at most a tenth of the mean range of the 10 bars before, the "
        "second wholly below the first and the third not below the second (bullish), or above and "
        "not above (bearish); kept after a trend against it",
        source="TA-Lib CDLTRISTAR; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=12,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bars before are the ones before, however long ago",
        find=find,
        keep=reverses(SPAN, side, size=0.6, trend=0.5),
        parts=parts,
        weights=WEIGHTS,
        example=(
            *falling(),
            (39.5, 40.1, 38.9, 39.5, 100.0),
            (38.6, 39.2, 38.0, 38.6, 100.0),
            (39.2, 39.8, 38.6, 39.2, 300.0),
        ),
        cool_down=5,
    ),
)
