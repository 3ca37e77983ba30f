"""Golden and death cross: the 50-bar mean crosses the 200-bar mean."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from patterns.candles import as_strength
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.events.measures import at_points, unit
from patterns.evidence import or_unknown, ratio, volume_part
from patterns.examples import Chart, path
from patterns.levels import Levels, bar_levels
from patterns.sums import window_mean
from patterns.views import BarView, Floats

FAST, SLOW = 50, 200
SLOPE_BARS = 10
LEVEL_BARS = 20
ROUNDING = 1e-9
"""The means of the bar before are made where the cross is not ruled out by more than this."""


@dataclass(frozen=True, slots=True)
class Cross:
    """What differs between the two: `sign` turns one into the other."""

    pattern_type: str
    title: str
    sign: int
    formula: str
    example: Chart


GOLDEN = Cross(
    "golden_cross",
    "Golden cross",
    1,
    "SMA {0} of closes > SMA {1}, and not so on the bar before",
    path([(0, 60.0), (120, 54.0), (170, 50.0), (260, 72.0)], wick=0.3)[:217],
)
DEATH = Cross(
    "death_cross",
    "Death cross",
    -1,
    "SMA {0} of closes < SMA {1}, and not so on the bar before",
    path([(0, 40.0), (120, 46.0), (170, 50.0), (260, 28.0)], wick=0.3)[:217],
)


def slope(view: BarView, bars: int) -> Floats:
    """How far the mean of `bars` closes went over ten bars, in mean true ranges."""
    now, before = window_mean(view, "close", bars), window_mean(view, "close", bars, SLOPE_BARS)
    return ratio(now - before, unit(view))


def towards(direction: Direction, way: Floats) -> Floats:
    """A signed move as a part: 0.5 where flat, above it where it goes the pattern's way."""
    with_it = way * direction
    return or_unknown(0.5 + 0.5 * with_it / (1.0 + np.abs(with_it)))


def recent_levels(view: BarView, direction: Direction, span: int) -> Levels:
    """The ends of the last twenty bars: one bar says little about a cross of long means."""
    return bar_levels(view, direction, LEVEL_BARS)


def moving_average_cross(cross: Cross, fast: int = FAST, slow: int = SLOW) -> Detector:
    """The mean of `fast` closes crosses that of `slow` on this bar."""

    def apart(view: BarView, ago: int) -> Floats:
        difference = window_mean(view, "close", fast, ago) - window_mean(view, "close", slow, ago)
        return cross.sign * difference

    def risen(view: BarView) -> Floats:
        """How much further apart the means are than on the bar before, but for rounding."""
        close = view.close[0]
        change = (close - view.close[fast]) / fast - (close - view.close[slow]) / slow
        return cross.sign * change

    def find(view: BarView) -> Strength:
        now = apart(view, 0)
        close_to_it = now - risen(view) <= ROUNDING * view.close[0]
        crossed = at_points(view, (now > 0) & close_to_it, lambda points: apart(points, 1) <= 0)
        return as_strength(crossed > 0, cross.sign * 100)

    def parts(view: BarView, direction: Direction) -> Parts:
        """angle: how the fast mean moves; trend: how the slow one does; close; volume."""
        return {
            "angle": towards(direction, slope(view, fast)),
            "trend": towards(direction, 4.0 * slope(view, slow)),
            "close": towards(
                direction,
                ratio(view.close[0] - window_mean(view, "close", fast), 2.0 * unit(view)),
            ),
            "volume": volume_part(view),
        }

    return Detector(
        pattern_type=cross.pattern_type,
        title=cross.title,
        family="momentum",
        formula=cross.formula.format(fast, slow),
        source="Edwards and Magee, Technical Analysis of Stock Trends, 1948 (crossing moving "
        "averages); 50 and 200 by custom",
        parameters={"fast": fast, "slow": slow},
        bounds={"fast": (2, 100), "slow": (20, 200)},
        make=partial(moving_average_cross, cross),
        warm_up=max(fast, slow),
        lookback=max(fast, slow, LEVEL_BARS) + SLOPE_BARS,
        span=1,
        gaps="counts bars, not minutes, across sessions",
        find=find,
        parts=parts,
        weights={"angle": 0.3, "trend": 0.3, "close": 0.2, "volume": 0.2},
        levels=recent_levels,
        example=cross.example,
        min_confidence=0.5,
        cool_down=20,
        expires=60,
    )


DEFINITIONS = (moving_average_cross(GOLDEN), moving_average_cross(DEATH))
