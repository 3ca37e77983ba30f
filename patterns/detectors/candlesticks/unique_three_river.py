"""Unique three river: a long black candle, a black one that probes lower, a small white one."""

from patterns.candles import (
    BODY_SHORT,
    as_strength,
    average,
    black,
    body,
    long_body,
    short_body,
    white,
)
from patterns.candlestick_evidence import WEIGHTS, reversal_parts, reverses, scarcity
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import trend_lookback
from patterns.examples import falling
from patterns.views import BarView, Bools

SPAN = 3


def probed(view: BarView) -> Bools:
    """A black body within the long black one before it, with a lower low."""
    within = (view.close[1] > view.close[2]) & (view.open[1] <= view.open[2])
    return black(view, 1) & within & (view.low[1] < view.low[2])


def find(view: BarView) -> Strength:
    """TA-Lib's CDLUNIQUE3RIVER: 100."""
    small = white(view, 0) & short_body(view, 0) & (view.open[0] > view.low[1])
    return as_strength(long_body(view, 2) & black(view, 2) & probed(view) & small)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how small the white body is; volume; the fall before."""
    fit = scarcity(body(view, 0), average(view, BODY_SHORT, 0))
    return reversal_parts(view, direction, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="unique_three_river",
        title="Unique three river",
        family="candlestick",
        formula="a long black body; a black body within it, with a lower low; a short white body "
        "that opens above that low; kept after a fall",
        source="TA-Lib CDLUNIQUE3RIVER; Gregory Morris, Candlestick Charting Explained",
        warm_up=12,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bars before are the ones before, however long ago",
        find=find,
        keep=reverses(SPAN, 1, trend=0.5),
        parts=parts,
        weights=WEIGHTS,
        example=(
            *falling(),
            (40.0, 40.2, 37.9, 38.0, 100.0),
            (39.5, 39.6, 36.5, 38.8, 100.0),
            (38.0, 38.4, 37.8, 38.3, 300.0),
        ),
        cool_down=5,
    ),
)
