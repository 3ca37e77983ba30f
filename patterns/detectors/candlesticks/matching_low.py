"""Matching low: two black candles that close at the same price."""

import numpy as np

from patterns.candles import EQUAL, as_strength, average, black, level_with
from patterns.candlestick_evidence import WEIGHTS, reversal_parts, reverses, scarcity
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import trend_lookback
from patterns.examples import falling
from patterns.views import BarView

SPAN = 2


def find(view: BarView) -> Strength:
    """TA-Lib's CDLMATCHINGLOW: 100."""
    matched = level_with(view, view.close[0], view.close[1], 1)
    return as_strength(black(view, 1) & black(view, 0) & matched)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how nearly the closes are equal; volume; the fall before."""
    fit = scarcity(np.abs(view.close[0] - view.close[1]), average(view, EQUAL, 1))
    return reversal_parts(view, direction, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="matching_low",
        title="Matching low",
        family="candlestick",
        formula="two black candles that close within a twentieth of the mean range of 5 of each "
        "other; kept after a fall",
        source="TA-Lib CDLMATCHINGLOW; Gregory Morris, Candlestick Charting Explained",
        warm_up=6,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bar before is the one before, however long ago",
        find=find,
        keep=reverses(SPAN, 1),
        parts=parts,
        weights=WEIGHTS,
        example=(*falling(), (40.0, 40.2, 37.8, 38.0, 100.0), (39.5, 39.6, 37.9, 38.0, 300.0)),
        min_confidence=0.5,
        cool_down=5,
    ),
)
