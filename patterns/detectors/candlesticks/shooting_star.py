"""Shooting star: the inverted hammer's shape, its body gapped above the last one."""

from patterns.candles import as_strength, body_gap_up
from patterns.candlestick_evidence import WEIGHTS, reverses
from patterns.definitions import Detector, Strength
from patterns.detectors.candlesticks.inverted_hammer import SPAN, inverted_parts, inverted_shape
from patterns.evidence import trend_lookback
from patterns.examples import rising
from patterns.views import BarView


def find(view: BarView) -> Strength:
    """TA-Lib's CDLSHOOTINGSTAR: -100."""
    return as_strength(inverted_shape(view) & body_gap_up(view, 0, 1), -100)


DEFINITIONS = (
    Detector(
        pattern_type="shooting_star",
        title="Shooting star",
        family="candlestick",
        formula="the inverted hammer's shape, its body wholly above the last one; kept after a "
        "rise",
        source="TA-Lib CDLSHOOTINGSTAR; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=11,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bar before is the one before, however long ago",
        find=find,
        keep=reverses(SPAN, -1, trend=0.5),
        parts=inverted_parts,
        weights=WEIGHTS,
        example=(*rising(), (60.7, 62.4, 60.35, 60.4, 300.0)),
        min_confidence=0.5,
        cool_down=5,
        expires=10,
    ),
)
