"""Kicking: a marubozu, then one of the other colour that leaves a gap the other way."""

import numpy as np

from patterns.candles import as_strength, black, gap_down, gap_up, mean_range, white
from patterns.candlestick_evidence import bounded, notable
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.candlesticks.marubozu import is_marubozu
from patterns.evidence import LOOKBACK, ratio, saturating, volume_part
from patterns.examples import falling
from patterns.views import BarView, Bools

SPAN = 2
MEAN_BARS = 10


def kick_up(view: BarView) -> Bools:
    """A black marubozu, then a white one wholly above it."""
    return marubozus(view) & black(view, 1) & white(view, 0) & gap_up(view, 0, 1)


def kick_down(view: BarView) -> Bools:
    """A white marubozu, then a black one wholly below it."""
    return marubozus(view) & white(view, 1) & black(view, 0) & gap_down(view, 0, 1)


def marubozus(view: BarView) -> Bools:
    """Two marubozu in a row."""
    return is_marubozu(view, 1) & is_marubozu(view, 0)


def find(view: BarView) -> Strength:
    """TA-Lib's CDLKICKING: ±100, the second candle's colour."""
    return as_strength(kick_up(view)) - as_strength(kick_down(view))


def keep(view: BarView) -> Bools:
    """Of some size; the trend before does not matter to a kick."""
    return notable(view, SPAN)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: the gap, 0.5 without one and 0.75 where it is as large as the mean range; volume."""
    gap = np.maximum(view.low[0] - view.high[1], view.low[1] - view.high[0])
    fit = 0.5 + 0.5 * saturating(ratio(gap, mean_range(view, MEAN_BARS, SPAN)))
    return {"fit": bounded(fit), "volume": volume_part(view)}


DEFINITIONS = (
    Detector(
        pattern_type="kicking",
        title="Kicking",
        family="candlestick",
        formula="two marubozu of opposite colours, the second wholly above the first where it is "
        "white, wholly below where it is black",
        source="TA-Lib CDLKICKING; Gregory Morris, Candlestick Charting Explained",
        warm_up=11,
        lookback=LOOKBACK,
        span=SPAN,
        gaps="the bar before is the one before, however long ago: between sessions a gap is common",
        find=find,
        keep=keep,
        parts=parts,
        weights={"fit": 0.6, "volume": 0.4},
        example=(*falling(), (40.0, 40.05, 37.95, 38.0, 100.0), (41.0, 44.05, 40.95, 44.0, 300.0)),
        cool_down=5,
    ),
)
