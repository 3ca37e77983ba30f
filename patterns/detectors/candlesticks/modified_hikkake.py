"""Modified hikkake: two inside bars, the first closing near its end, then a false break."""

from patterns.candles import NEAR, as_strength, average, high_low
from patterns.candlestick import reversal
from patterns.definitions import Strength
from patterns.detectors.candlesticks.hikkake import (
    beyond_the_inside_bar,
    broken,
    inside,
    trap_once,
    trap_or_confirmation,
)
from patterns.evidence import ratio
from patterns.examples import falling
from patterns.views import BarView, Floats


def _trap(view: BarView, ago: int) -> Strength:
    way = broken(view, ago)
    near, closed = average(view, NEAR, ago + 2), view.close[ago + 2]
    at_low = (way > 0) & (closed <= view.low[ago + 2] + near)
    at_high = (way < 0) & (closed >= view.high[ago + 2] - near)
    nested = inside(view, ago + 2) & inside(view, ago + 1)
    return as_strength(nested & (at_low | at_high), 1) * way


def way_at(view: BarView, ago: int) -> Strength:
    """Two inside bars, then a break to the end near which the first of them closed."""
    return trap_once(view, "modified hikkake", _trap, ago)


def find(view: BarView) -> Strength:
    """TA-Lib's CDLHIKKAKEMOD: ±100 where it is completed, ±200 where a close confirms it."""
    return trap_or_confirmation(view, way_at)


def side(view: BarView) -> Strength:
    """Where the trap points; 0 where there is none, as on a bar that confirms one."""
    return way_at(view, 0)


def fit(view: BarView) -> Floats:
    """How much of the first bar the second inside bar leaves free."""
    return 1.0 - ratio(high_low(view, 1), high_low(view, 3))


DEFINITIONS = (
    reversal(
        pattern_type="modified_hikkake",
        title="Modified hikkake",
        formula="a bar, one inside it and one inside that, the second closing within a fifth of "
        "the mean range of 5 of its low (bullish) or high (bearish); then a bar with a lower high "
        "and low (bullish) or a higher high and low (bearish); confirmed by a close beyond the "
        "third bar's other end within 3 bars",
        source="TA-Lib CDLHIKKAKEMOD; Daniel Chesler, Trading False Moves with the Hikkake Pattern",
        warm_up=10,
        span=4,
        side=side,
        trend=0.5,
        min_confidence=0.5,
        find=find,
        levels=beyond_the_inside_bar,
        fit=fit,
        example=(
            *falling(),
            (40.0, 41.8, 37.9, 38.5, 100.0),
            (39.0, 40.2, 38.3, 38.4, 100.0),
            (38.8, 39.6, 38.6, 39.2, 100.0),
            (39.0, 39.4, 38.2, 38.4, 300.0),
        ),
    ),
)
