"""Morning star: a long black body, a small one gapped below it, a white one back into the first."""

import numpy as np

from patterns.candles import (
    BODY_SHORT,
    as_strength,
    average,
    black,
    body,
    body_gap_down,
    long_body,
    white,
)
from patterns.candlestick_evidence import WEIGHTS, reversal_parts, reverses
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import ratio, trend_lookback
from patterns.examples import falling
from patterns.views import BarView, Bools

SPAN = 3


def star_bodies(view: BarView) -> Bools:
    """A long body, a short one, and one that is not short."""
    return (
        long_body(view, 2)
        & (body(view, 1) <= average(view, BODY_SHORT, 1))
        & (body(view, 0) > average(view, BODY_SHORT, 0))
    )


def star_parts(view: BarView, direction: Direction) -> Parts:
    """fit: how far the last close went back into the first body; volume; trend before."""
    returned = ratio(np.abs(view.close[0] - view.close[2]), body(view, 2))
    return reversal_parts(view, direction, SPAN, returned)


def morning_star(penetration: float = 0.3) -> Detector:
    """The last close must go back by more than `penetration` of the first body."""

    def find(view: BarView) -> Strength:
        gapped = body_gap_down(view, 1, 2)
        back = view.close[0] > view.close[2] + body(view, 2) * penetration
        return as_strength(star_bodies(view) & black(view, 2) & gapped & white(view, 0) & back)

    return Detector(
        pattern_type="morning_star",
        title="Morning star",
        family="candlestick",
        formula="a long black body; a short body wholly below it; a white body, not short, that "
        f"closes more than {penetration:g} of the first body above the first close; kept after a "
        "fall",
        source="TA-Lib CDLMORNINGSTAR; Steve Nison, Japanese Candlestick Charting Techniques",
        parameters={"penetration": penetration},
        bounds={"penetration": (0.0, 1.0)},
        make=morning_star,
        warm_up=12,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bars before are the ones before, however long ago",
        find=find,
        keep=reverses(SPAN, 1, trend=0.5),
        parts=star_parts,
        weights=WEIGHTS,
        example=(
            *falling(),
            (40.0, 40.2, 37.8, 38.0, 100.0),
            (37.0, 37.3, 36.8, 37.1, 100.0),
            (37.5, 39.8, 37.4, 39.6, 300.0),
        ),
        cool_down=5,
    )


DEFINITIONS = (morning_star(),)
