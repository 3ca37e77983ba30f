"""Morning star: a long black body, a small one gapped below it, a white one back into the first."""

import numpy as np

from patterns.candles import (
    BODY_LONG,
    BODY_SHORT,
    as_strength,
    average,
    black,
    body,
    body_bottom,
    body_top,
    moved,
    white,
)
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import or_unknown, ratio, trend_lookback, trend_part, volume_part
from patterns.views import BarView, Bools

SPAN = 3


def star_bodies(view: BarView) -> Bools:
    """A long body, a short one, and one that is not short."""
    return (
        (body(view, 2) > average(view, BODY_LONG, 2))
        & (body(view, 1) <= average(view, BODY_SHORT, 1))
        & (body(view, 0) > average(view, BODY_SHORT, 0))
    )


def star_parts(view: BarView, direction: Direction) -> Parts:
    """fit: how far the last close went back into the first body; volume; trend before."""
    returned = ratio(np.abs(view.close[0] - view.close[2]), body(view, 2))
    return {
        "fit": or_unknown(np.minimum(returned, 1.0)),
        "volume": volume_part(view),
        "trend": trend_part(view, direction, SPAN),
    }


def morning_star(penetration: float = 0.3) -> Detector:
    """The last close must go back by more than `penetration` of the first body."""

    def find(view: BarView) -> Strength:
        gapped = body_top(view, 1) < body_bottom(view, 2)
        back = view.close[0] > view.close[2] + body(view, 2) * penetration
        return as_strength(star_bodies(view) & black(view, 2) & gapped & white(view, 0) & back)

    return Detector(
        pattern_type="morning_star",
        formula="a long black body; a short body wholly below it; a white body, not short, that "
        f"closes more than {penetration:g} of the first body above the first close",
        source="TA-Lib CDLMORNINGSTAR; Steve Nison, Japanese Candlestick Charting Techniques",
        parameters={"penetration": penetration},
        bounds={"penetration": (0.0, 1.0)},
        make=morning_star,
        warm_up=12,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bars before are the ones before, however long ago",
        find=find,
        keep=moved,
        parts=star_parts,
        weights={"fit": 0.4, "volume": 0.3, "trend": 0.3},
    )


DEFINITIONS = (morning_star(),)
