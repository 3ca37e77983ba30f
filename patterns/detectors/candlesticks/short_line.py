"""Short line: a short body with short shadows."""

import numpy as np

from patterns.candles import (
    BODY_SHORT,
    as_strength,
    average,
    body,
    colour,
    high_low,
    mean_range,
    moved,
    short_body,
)
from patterns.candlestick_evidence import WEIGHTS, neutral_parts, scarcity
from patterns.definitions import Detector, Direction, Parts, Strength, neutral
from patterns.detectors.candlesticks.long_line import SPAN, short_shadows
from patterns.evidence import TREND_BARS, trend_before, trend_lookback
from patterns.examples import rising
from patterns.views import BarView, Bools

MOST_OF_MEAN = 0.3
STRONG_TREND = 2.0


def find(view: BarView) -> Strength:
    """TA-Lib's CDLSHORTLINE: 100 white, -100 black."""
    return as_strength(short_body(view, 0) & short_shadows(view)) * colour(view, 0)


def keep(view: BarView) -> Bools:
    """A bar far smaller than those before that halts a strong trend."""
    small = high_low(view, 0) <= MOST_OF_MEAN * mean_range(view, TREND_BARS, SPAN)
    return moved(view) & small & (np.abs(trend_before(view, SPAN)) >= STRONG_TREND)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how short the body is; volume; the trend before, to either side."""
    fit = scarcity(body(view, 0), average(view, BODY_SHORT, 0))
    return neutral_parts(view, SPAN, fit)


DEFINITIONS = (
    Detector(
        pattern_type="short_line",
        title="Short line",
        family="candlestick",
        formula="body below the mean of 10, each shadow below half the mean of both shadows "
        "together over 10; kept where its range is at most three tenths of the mean of 10 and it "
        "comes after a strong trend",
        source="TA-Lib CDLSHORTLINE; Gregory Morris, Candlestick Charting Explained",
        warm_up=10,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="counts bars, however long ago they are; one in which the price did not move is "
        "left out",
        find=find,
        keep=keep,
        direction=neutral,
        parts=parts,
        weights=WEIGHTS,
        example=(*rising(), (60.1, 60.3, 60.0, 60.2, 150.0)),
        min_confidence=0.6,
        cool_down=10,
        expires=10,
    ),
)
