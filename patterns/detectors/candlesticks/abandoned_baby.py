"""Abandoned baby: a doji left alone by gaps on both sides, after a long body."""

import numpy as np

from patterns.candles import (
    BODY_SHORT,
    as_strength,
    average,
    black,
    body,
    colour,
    doji_body,
    gap_down,
    gap_up,
    long_body,
    white,
)
from patterns.candlestick import reversal
from patterns.definitions import Detector, Strength
from patterns.evidence import ratio
from patterns.examples import falling
from patterns.views import BarView, Floats


def fit(view: BarView) -> Floats:
    """How far the last close went back into the first body."""
    return ratio(np.abs(view.close[0] - view.close[2]), body(view, 2))


def abandoned_baby(penetration: float = 0.3, trend: float = 0.5, size: float = 1.0) -> Detector:
    """The last close must go back by more than `penetration` of the first body."""

    def find(view: BarView) -> Strength:
        back = body(view, 2) * penetration
        up = black(view, 2) & white(view, 0) & gap_down(view, 1, 2) & gap_up(view, 0, 1)
        down = white(view, 2) & black(view, 0) & gap_up(view, 1, 2) & gap_down(view, 0, 1)
        found = (up & (view.close[0] > view.close[2] + back)) | (
            down & (view.close[0] < view.close[2] - back)
        )
        found &= long_body(view, 2) & doji_body(view, 1)
        return as_strength(found & (body(view, 0) > average(view, BODY_SHORT, 0))) * colour(view, 0)

    return reversal(
        pattern_type="abandoned_baby",
        title="Abandoned baby",
        formula="a long body; a doji, shadows and all beyond its range; a body of the other "
        "colour, not short, whose range leaves the doji alone and which closes more than "
        f"{penetration:g} of the first body back from the first close",
        source="TA-Lib CDLABANDONEDBABY; Steve Nison, Japanese Candlestick Charting Techniques",
        parameters={"penetration": penetration},
        bounds={"penetration": (0.0, 1.0)},
        make=abandoned_baby,
        trend=trend,
        size=size,
        warm_up=12,
        span=3,
        side=lambda view: colour(view, 0),
        min_confidence=0.5,
        find=find,
        fit=fit,
        example=(
            *falling(),
            (40.0, 40.1, 37.4, 37.5, 100.0),
            (36.9, 37.1, 36.7, 36.92, 100.0),
            (37.3, 39.6, 37.2, 39.5, 300.0),
        ),
    )


DEFINITIONS = (abandoned_baby(),)
