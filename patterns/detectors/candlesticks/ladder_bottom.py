"""Ladder bottom: four black candles down, the last with an upper shadow, then a white one above."""

from patterns.candles import (
    SHADOW_VERY_SHORT,
    as_strength,
    average,
    black,
    mean_range,
    upper_shadow,
    white,
)
from patterns.candlestick_evidence import WEIGHTS, reversal_parts, reverses
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import TREND_BARS, ratio, saturating, trend_lookback
from patterns.examples import falling
from patterns.views import BarView, Bools

SPAN = 5


def rungs(view: BarView) -> Bools:
    """Three black candles, each opening and closing below the one before."""
    found = black(view, 4) & black(view, 3) & black(view, 2)
    for ago in (3, 2):
        found &= view.open[ago] < view.open[ago + 1]
        found &= view.close[ago] < view.close[ago + 1]
    return found


def find(view: BarView) -> Strength:
    """TA-Lib's CDLLADDERBOTTOM: 100."""
    probing = upper_shadow(view, 1) > average(view, SHADOW_VERY_SHORT, 1)
    turned = (view.open[0] > view.open[1]) & (view.close[0] > view.high[1])
    return as_strength(rungs(view) & black(view, 1) & probing & white(view, 0) & turned)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how far it closes above the fourth candle; volume; the fall before."""
    above = ratio(view.close[0] - view.high[1], mean_range(view, TREND_BARS, SPAN))
    return reversal_parts(view, direction, SPAN, 0.5 + 0.5 * saturating(above))


DEFINITIONS = (
    Detector(
        pattern_type="ladder_bottom",
        title="Ladder bottom",
        family="candlestick",
        formula="three black candles with falling opens and closes; a black one whose upper "
        "shadow exceeds a tenth of the mean range of 10; a white one that opens above its open "
        "and closes above its high; kept after a fall",
        source="TA-Lib CDLLADDERBOTTOM; Gregory Morris, Candlestick Charting Explained",
        warm_up=14,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bars before are the ones before, however long ago",
        find=find,
        keep=reverses(SPAN, 1, trend=0.5),
        parts=parts,
        weights=WEIGHTS,
        example=(*falling(), (39.9, 41.0, 38.8, 39.0, 100.0), (40.2, 42.6, 40.1, 42.5, 300.0)),
        cool_down=5,
    ),
)
