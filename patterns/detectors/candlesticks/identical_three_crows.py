"""Identical three crows: three falling black candles, each opening where the last one closed."""

import numpy as np

from patterns.candles import EQUAL, as_strength, average, bare_bottom, black, level_with
from patterns.candlestick_evidence import WEIGHTS, reversal_parts, reverses, scarcity
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import trend_lookback
from patterns.examples import rising
from patterns.views import BarView

SPAN = 3


def find(view: BarView) -> Strength:
    """TA-Lib's CDLIDENTICAL3CROWS: -100."""
    crows = (view.close[2] > view.close[1]) & (view.close[1] > view.close[0])
    for ago in range(SPAN):
        crows &= black(view, ago) & bare_bottom(view, ago)
    for ago in range(SPAN - 1):
        crows &= level_with(view, view.open[ago], view.close[ago + 1], ago + 1)
    return as_strength(crows, -100)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how nearly the opens equal the closes before; volume; the rise before."""
    off = np.abs(view.open[0] - view.close[1]) + np.abs(view.open[1] - view.close[2])
    fit = scarcity(off, average(view, EQUAL, 1) + average(view, EQUAL, 2))
    return reversal_parts(view, direction, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="identical_three_crows",
        title="Identical three crows",
        family="candlestick",
        formula="three black candles with falling closes and lower shadows below a tenth of the "
        "mean range of 10, the second and third opening within a twentieth of the mean range of "
        "5 of the close before; kept after a rise",
        source="TA-Lib CDLIDENTICAL3CROWS; Gregory Morris, Candlestick Charting Explained",
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
            (61.0, 61.2, 58.95, 59.0, 100.0),
            (59.0, 59.1, 56.95, 57.0, 150.0),
            (57.0, 57.1, 54.95, 55.0, 300.0),
        ),
        cool_down=5,
    ),
)
