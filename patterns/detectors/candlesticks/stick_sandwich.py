"""Stick sandwich: a white candle between two black ones that close at the same price."""

import numpy as np

from patterns.candles import EQUAL, as_strength, average, black, level_with, white
from patterns.candlestick_evidence import WEIGHTS, reversal_parts, reverses, scarcity
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import trend_lookback
from patterns.examples import falling
from patterns.views import BarView

SPAN = 3


def find(view: BarView) -> Strength:
    """TA-Lib's CDLSTICKSANDWICH: 100."""
    between = black(view, 2) & white(view, 1) & black(view, 0) & (view.low[1] > view.close[2])
    return as_strength(between & level_with(view, view.close[0], view.close[2], 2))


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how nearly the black closes are equal; volume; the fall before."""
    fit = scarcity(np.abs(view.close[0] - view.close[2]), average(view, EQUAL, 2))
    return reversal_parts(view, direction, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="stick_sandwich",
        title="Stick sandwich",
        family="candlestick",
        formula="a black candle; a white one whose low is above its close; a black one that "
        "closes within a twentieth of the mean range of 5 of the first close; kept after a fall",
        source="TA-Lib CDLSTICKSANDWICH; Gregory Morris, Candlestick Charting Explained",
        warm_up=7,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bars before are the ones before, however long ago",
        find=find,
        keep=reverses(SPAN, 1, size=0.8, trend=0.5),
        parts=parts,
        weights=WEIGHTS,
        example=(
            *falling(),
            (40.0, 40.2, 37.9, 38.0, 100.0),
            (38.4, 40.1, 38.3, 40.0, 100.0),
            (40.1, 40.2, 37.9, 38.0, 300.0),
        ),
        cool_down=5,
    ),
)
