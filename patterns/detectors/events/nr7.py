"""NR7: the narrowest range of seven bars."""

import numpy as np

from patterns.candles import as_strength, high_low, moved
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.events.inside_bar import TREND_BARS, with_the_trend
from patterns.detectors.events.measures import UNIT_BARS, move
from patterns.evidence import LOOKBACK, or_unknown, ratio, saturating, volume_part
from patterns.examples import rising
from patterns.levels import Levels, bar_levels
from patterns.ranges import mean_true_range
from patterns.sums import join_bars
from patterns.views import BarView, Bools, Floats


def narrowest_before(view: BarView, bars: int) -> Floats:
    """The narrowest high - low of the `bars` bars before the current one."""
    return join_bars(view, "narrowest", np.minimum, high_low, bars, 1)


def own_levels(view: BarView, direction: Direction, span: int) -> Levels:
    """The narrow bar's own ends, however many bars it was compared with."""
    return bar_levels(view, direction, 1)


def nr7(bars: int = 7, tight: float = 0.35) -> Detector:
    """Worth a detection: an inside bar, whose range is at most `tight` of the mean true range."""

    def find(view: BarView) -> Strength:
        return as_strength(high_low(view, 0) < narrowest_before(view, bars - 1))

    def keep(view: BarView) -> Bools:
        inside = (view.high[0] <= view.high[1]) & (view.low[0] >= view.low[1])
        small = high_low(view, 0) <= tight * mean_true_range(view, UNIT_BARS, 1)
        result: Bools = inside & small & moved(view)
        return result

    def parts(view: BarView, direction: Direction) -> Parts:
        """tight: against the mean range; narrower: than the next narrowest; quiet; trend."""
        size = high_low(view, 0)
        return {
            "tight": or_unknown(1.0 - ratio(size, mean_true_range(view, UNIT_BARS, 1))),
            "narrower": or_unknown(1.0 - ratio(size, narrowest_before(view, bars - 1))),
            "quiet": 1.0 - volume_part(view),
            "trend": or_unknown(saturating(np.abs(move(view, TREND_BARS, 1)) / 2.0)),
        }

    return Detector(
        pattern_type="nr7",
        title=f"NR{bars}",
        family="breakout",
        formula=f"high - low < that of each of the {bars - 1} bars before; detected where the bar "
        f"lies within the one before and its range is at most {tight:g} of the mean true range of "
        f"the 20 bars before; points where closes went over the {TREND_BARS} bars before, if by "
        "at least one mean true range",
        source="Toby Crabel, Day Trading with Short Term Price Patterns and Opening Range "
        "Breakout, 1990 (NR7; with inside day); limit and direction of TickStock",
        parameters={"bars": bars, "tight": tight},
        bounds={"bars": (3, 40), "tight": (0.05, 1.0)},
        make=nr7,
        warm_up=bars - 1,
        lookback=max(LOOKBACK, UNIT_BARS + 2, bars),
        span=min(bars, 7),
        gaps="counts bars, not minutes, across sessions",
        find=find,
        keep=keep,
        direction=with_the_trend,
        parts=parts,
        weights={"tight": 0.35, "narrower": 0.25, "quiet": 0.2, "trend": 0.2},
        levels=own_levels,
        example=(*rising(), (60.3, 61.0, 59.9, 60.8, 90.0), (60.6, 60.75, 60.5, 60.7, 40.0)),
        min_confidence=0.55,
        cool_down=5,
        expires=10,
    )


DEFINITIONS = (nr7(),)
