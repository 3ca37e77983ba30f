"""Hikkake: a break out of an inside bar that may be a trap, and its confirmation."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from patterns.candles import as_strength, high_low
from patterns.candlestick import reversal
from patterns.definitions import Direction, Strength
from patterns.evidence import ratio
from patterns.examples import falling
from patterns.levels import Levels, risked
from patterns.views import BarView, Bools, Floats

WITHIN = 3
"""Bars in which the confirmation must come."""

Way = Callable[[BarView, int], Strength]
"""1 where a bullish trap is completed `ago` bars back, -1 where a bearish one is, else 0."""


def inside(view: BarView, ago: int) -> Bools:
    """Whether the bar has a lower high and a higher low than the one before."""
    result: Bools = (view.high[ago] < view.high[ago + 1]) & (view.low[ago] > view.low[ago + 1])
    return result


def broken(view: BarView, ago: int) -> Strength:
    """1 after a lower high and low than the bar before, -1 after a higher high and low."""
    high, low = view.high[ago], view.low[ago]
    fell = (high < view.high[ago + 1]) & (low < view.low[ago + 1])
    rose = (high > view.high[ago + 1]) & (low > view.low[ago + 1])
    return as_strength(fell, 1) - as_strength(rose, 1)


def _beyond(view: BarView, way: Strength, trap: int, ago: int) -> Bools:
    """Whether the close `ago` bars back left the bar before the trap on the other side."""
    result: Bools = ((way > 0) & (view.close[ago] > view.high[trap + 1])) | (
        (way < 0) & (view.close[ago] < view.low[trap + 1])
    )
    return result


def trap_or_confirmation(view: BarView, way_at: Way) -> Strength:
    """±100 where a trap is completed; ±200 where the last one, up to 3 bars ago, is confirmed."""
    now = way_at(view, 0)
    found = now * np.int16(100)
    pending = now == 0
    for trap in range(1, WITHIN + 1):
        way = way_at(view, trap)
        confirmed = pending & _beyond(view, way, trap, 0)
        for ago in range(1, trap):
            confirmed &= ~_beyond(view, way, trap, ago)
        found += as_strength(confirmed, 200) * way
        pending &= way == 0
    return found


def trap_once(view: BarView, name: str, make: Way, ago: int) -> Strength:
    """A trap's way, made once for the bar: find, keep and direction all ask."""
    return cast(Strength, view.memo((name, ago), cast(Any, lambda: make(view, ago))))


def _trap(view: BarView, ago: int) -> Strength:
    return as_strength(inside(view, ago + 1), 1) * broken(view, ago)


def way_at(view: BarView, ago: int) -> Strength:
    """An inside bar, then a bar that breaks out of it."""
    return trap_once(view, "hikkake", _trap, ago)


def find(view: BarView) -> Strength:
    """TA-Lib's CDLHIKKAKE: ±100 where it is completed, ±200 where a close confirms it."""
    return trap_or_confirmation(view, way_at)


def beyond_the_inside_bar(view: BarView, direction: Direction, span: int) -> Levels:
    """Confirmed beyond the inside bar, given up beyond the false break."""
    entry = np.where(direction > 0, view.high[1], view.low[1])
    return risked(direction, entry, np.where(direction > 0, view.low[0], view.high[0]))


def side(view: BarView) -> Strength:
    """Where the trap points; 0 where there is none, as on a bar that confirms one."""
    return way_at(view, 0)


def fit(view: BarView) -> Floats:
    """How much of the bar before the inside bar leaves free."""
    return 1.0 - ratio(high_low(view, 1), high_low(view, 2))


DEFINITIONS = (
    reversal(
        pattern_type="hikkake",
        title="Hikkake",
        formula="an inside bar; then a bar with a lower high and low (bullish) or a higher high "
        "and low (bearish); confirmed by a close beyond the inside bar's other end within 3 bars",
        source="TA-Lib CDLHIKKAKE; Daniel Chesler, Trading False Moves with the Hikkake Pattern",
        warm_up=5,
        span=3,
        side=side,
        trend=1.5,
        find=find,
        levels=beyond_the_inside_bar,
        fit=fit,
        example=(
            *falling(),
            (40.0, 41.0, 37.9, 39.0, 100.0),
            (39.1, 39.7, 38.8, 39.4, 100.0),
            (39.3, 39.5, 38.2, 38.5, 300.0),
        ),
    ),
)
