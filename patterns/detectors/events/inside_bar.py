"""Inside bar: a bar within the range of the one before."""

import numpy as np

from patterns.candles import as_strength, high_low, moved
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.events.measures import UNIT_BARS, move
from patterns.evidence import LOOKBACK, or_unknown, ratio, saturating, volume_part
from patterns.examples import rising
from patterns.ranges import mean_true_range
from patterns.views import BarView, Bools

TREND_BARS = 10


def with_the_trend(view: BarView, strength: Strength) -> Direction:
    """Where closes went over the ten bars before, if by one mean true range; else neutral."""
    gone = move(view, TREND_BARS, 1)
    return np.where(np.abs(gone) >= 1.0, np.sign(gone), 0).astype(np.int8)


def inside_bar(wide: float = 1.5, tight: float = 0.4) -> Detector:
    """Worth a detection: a rest after a wide bar, of at most `tight` of its range."""

    def find(view: BarView) -> Strength:
        return as_strength((view.high[0] < view.high[1]) & (view.low[0] > view.low[1]))

    def keep(view: BarView) -> Bools:
        mother = high_low(view, 1)
        usual = mean_true_range(view, UNIT_BARS, 2)
        result: Bools = (mother >= wide * usual) & (high_low(view, 0) <= tight * mother)
        return result & moved(view)

    def parts(view: BarView, direction: Direction) -> Parts:
        """tight: how little of the bar before it takes; wide: that bar; quiet: little volume."""
        excess = ratio(high_low(view, 1), wide * mean_true_range(view, UNIT_BARS, 2)) - 1.0
        return {
            "tight": or_unknown(1.0 - ratio(high_low(view, 0), high_low(view, 1))),
            "wide": or_unknown(0.5 + 0.5 * saturating(excess)),
            "quiet": 1.0 - volume_part(view),
            "trend": or_unknown(saturating(np.abs(move(view, TREND_BARS, 1)) / 2.0)),
        }

    return Detector(
        pattern_type="inside_bar",
        title="Inside bar",
        family="breakout",
        formula="high < the high before and low > the low before; detected where the bar before "
        f"ranges over at least {wide:g} mean true ranges of the 20 bars before it, and this one "
        f"over at most {tight:g} of that; points where closes went over the {TREND_BARS} bars "
        "before, if by at least one mean true range",
        source="Toby Crabel, Day Trading with Short Term Price Patterns and Opening Range "
        "Breakout, 1990 (inside day); limits and direction of TickStock",
        parameters={"wide": wide, "tight": tight},
        bounds={"wide": (0.1, 5.0), "tight": (0.05, 1.0)},
        make=inside_bar,
        warm_up=1,
        lookback=max(LOOKBACK, UNIT_BARS + 3),
        span=2,
        gaps="compares with the bar before, however long ago",
        find=find,
        keep=keep,
        direction=with_the_trend,
        parts=parts,
        weights={"tight": 0.3, "wide": 0.3, "quiet": 0.2, "trend": 0.2},
        example=(*rising(), (60.2, 63.4, 60.0, 63.2, 300.0), (63.0, 63.2, 62.6, 62.9, 80.0)),
        min_confidence=0.62,
        cool_down=5,
        expires=10,
    )


DEFINITIONS = (inside_bar(),)
