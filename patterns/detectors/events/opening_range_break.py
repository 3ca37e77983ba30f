"""Opening-range break: the session's first close beyond the range of its first minutes."""

import numpy as np

from patterns.candles import as_strength
from patterns.definitions import BadParameter, Detector, Direction, Parts, Strength
from patterns.detectors.events.measures import UNIT_BARS, closing_place, in_units
from patterns.evidence import LOOKBACK, or_unknown, ratio, saturating, volume_part
from patterns.examples import path
from patterns.geometry import Geometry
from patterns.indicators.opening_range import MINUTES, names
from patterns.indicators.session_range import BARS
from patterns.levels import Levels, levels
from patterns.ranges import mean_true_range
from patterns.views import BarView, Floats

DRAWN = 30
"""Bars back that the range's lines are drawn at most."""


def refuse_other(minutes: int) -> None:
    """Raise BadParameter for a length of which no range is kept."""
    if minutes not in MINUTES:
        known = ", ".join(map(str, MINUTES))
        raise BadParameter(f"opening_range_break: minutes is {minutes}; it must be one of {known}")


def opening_range_break(minutes: int = 30) -> Detector:
    """The first close of the session beyond the high, or low, of its first `minutes` minutes."""
    refuse_other(minutes)
    high, low, left_up, left_down = names(minutes)

    def find(view: BarView) -> Strength:
        up = (view.close[0] > view.values[high]) & (view.values[left_up] == 0)
        down = (view.close[0] < view.values[low]) & (view.values[left_down] == 0)
        return as_strength(up) - as_strength(down)

    def edge(view: BarView, direction: Direction) -> Floats:
        return np.where(direction > 0, view.values[high], view.values[low])

    def parts(view: BarView, direction: Direction) -> Parts:
        """margin beyond the range; narrow: the range against 4 mean ranges; close; volume."""
        height = ratio(
            view.values[high] - view.values[low], 4.0 * mean_true_range(view, UNIT_BARS, 1)
        )
        return {
            "margin": in_units(view, direction * (view.close[0] - edge(view, direction))),
            "narrow": or_unknown(1.0 - saturating(height)),
            "close": closing_place(view, direction),
            "volume": volume_part(view),
        }

    def to_a_range_beyond(view: BarView, direction: Direction, span: int) -> Levels:
        """It fails at the middle of the range, and carries as far as the range is high."""
        top, bottom = view.values[high], view.values[low]
        trigger = np.where(direction > 0, view.high[0], view.low[0])
        return levels(trigger, (top + bottom) / 2.0, trigger + direction * (top - bottom))

    def geometry(view: BarView, direction: Direction) -> Geometry:
        start = np.minimum(view.values[BARS] - 1.0, DRAWN)
        now = np.zeros(start.shape)
        sides = {"high": view.values[high], "low": view.values[low]}
        return Geometry(
            lines={name: ((start, price), (now, price)) for name, price in sides.items()}
        )

    return Detector(
        pattern_type="opening_range_break",
        title="Opening-range break",
        family="session",
        formula=f"the session's first close above the high, or below the low, of all its bars "
        f"that begin within its first {minutes} minutes; once a side and session",
        source="Toby Crabel, Day Trading with Short Term Price Patterns and Opening Range "
        "Breakout, 1990",
        timeframes=("1m", "5m", "15m"),
        parameters={"minutes": minutes},
        bounds={"minutes": (min(MINUTES), max(MINUTES))},
        make=opening_range_break,
        warm_up=1,
        lookback=max(LOOKBACK, DRAWN + 1, UNIT_BARS + 2),
        span=1,
        gaps="minutes by the clock, whether the symbol traded or not; none in a session without "
        "a bar in its first minutes",
        find=find,
        parts=parts,
        weights={"margin": 0.3, "narrow": 0.2, "close": 0.2, "volume": 0.3},
        geometry=geometry,
        levels=to_a_range_beyond,
        inputs=(high, low, left_up, left_down, BARS),
        example=(
            *path([(0, 50.0), (8, 50.8), (16, 50.1), (24, 50.7), (32, 50.2), (38, 50.7)]),
            (50.7, 51.9, 50.6, 51.8, 400.0),
        ),
        min_confidence=0.5,
        expires=60,
    )


DEFINITIONS = (opening_range_break(),)
