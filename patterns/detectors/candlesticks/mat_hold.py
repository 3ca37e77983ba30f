"""Mat hold: a long white candle, three small ones that give little back, and a new high."""

import numpy as np

from patterns.candles import (
    as_strength,
    black,
    body,
    body_bottom,
    body_gap_up,
    body_top,
    long_body,
    short_body,
    white,
)
from patterns.candlestick_evidence import WEIGHTS, continuation_parts, continues
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import ratio, trend_lookback
from patterns.examples import rising
from patterns.views import BarView, Bools, Floats

SPAN = 5


def small_ones(view: BarView) -> Bools:
    """A small black candle gapped above a long white one, then two small ones that fall."""
    found = long_body(view, 4) & white(view, 4) & black(view, 3) & body_gap_up(view, 3, 4)
    for ago in (3, 2, 1):
        found &= short_body(view, ago)
    found &= body_top(view, 2) < view.open[3]
    return found & (body_top(view, 1) < body_top(view, 2))


def lowest_body(view: BarView) -> Floats:
    """The lower end of the bodies of the second and third small candles."""
    return np.minimum(body_bottom(view, 2), body_bottom(view, 1))


def held(view: BarView, penetration: float) -> Bools:
    """Both come back into the long body, but by less than `penetration` of it."""
    found = lowest_body(view) > view.close[4] - body(view, 4) * penetration
    return found & (np.maximum(body_bottom(view, 2), body_bottom(view, 1)) < view.close[4])


def resumed(view: BarView) -> Bools:
    """A white candle that opens above the last close and closes above the three highs."""
    highs = np.maximum(np.maximum(view.high[3], view.high[2]), view.high[1])
    return white(view, 0) & (view.open[0] > view.close[1]) & (view.close[0] > highs)


def parts(view: BarView, direction: Direction) -> Parts:
    """fit: how little of the long body was given back; volume; the rise before."""
    given = ratio(view.close[4] - lowest_body(view), body(view, 4))
    return continuation_parts(view, direction, SPAN, 1.0 - given)


def mat_hold(penetration: float = 0.5) -> Detector:
    """The small candles give back less than `penetration` of the long body."""

    def find(view: BarView) -> Strength:
        return as_strength(small_ones(view) & held(view, penetration) & resumed(view))

    return Detector(
        pattern_type="mat_hold",
        title="Mat hold",
        family="candlestick",
        formula="a long white body; a short black one wholly above it; two short ones, each lower "
        f"than the last, that come back into it by less than {penetration:g} of it; a white one "
        "that opens above the last close and closes above the three highs; kept after a rise",
        source="TA-Lib CDLMATHOLD; Gregory Morris, Candlestick Charting Explained",
        parameters={"penetration": penetration},
        bounds={"penetration": (0.0, 1.0)},
        make=mat_hold,
        warm_up=14,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bars before are the ones before, however long ago",
        find=find,
        keep=continues(SPAN, 1, size=0.8, trend=0.0),
        parts=parts,
        weights=WEIGHTS,
        example=(
            *rising(),
            (60.0, 63.1, 59.9, 63.0, 100.0),
            (63.6, 63.7, 63.2, 63.3, 100.0),
            (63.2, 63.3, 62.6, 62.7, 100.0),
            (62.8, 62.9, 62.2, 62.3, 100.0),
            (62.6, 65.1, 62.5, 65.0, 300.0),
        ),
        cool_down=5,
    )


DEFINITIONS = (mat_hold(),)
