"""Session high and low: a new extreme of the session, after the old one has stood for a while."""

from dataclasses import dataclass
from functools import partial

from patterns.candles import as_strength, high_low
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import LOOKBACK, or_unknown, ratio, saturating, volume_part
from patterns.examples import Chart, path
from patterns.indicators.session_range import (
    BARS,
    PRIOR_HIGH,
    PRIOR_HIGH_AGE,
    PRIOR_LOW,
    PRIOR_LOW_AGE,
)
from patterns.sums import add_columns
from patterns.views import BarView, Floats

RANGE_BARS = 10
WEIGHTS = {"margin": 0.3, "stood": 0.4, "volume": 0.3}


@dataclass(frozen=True, slots=True)
class Side:
    """What differs between a high and a low: `sign` turns one into the other."""

    pattern_type: str
    sign: int
    extreme: str
    age: str
    formula: str
    title: str
    example: Chart

    def beyond(self, view: BarView) -> Floats:
        """How far the bar reaches past the old extreme; NaN for a session's first bar."""
        reached = view.high[0] if self.sign > 0 else view.low[0]
        return self.sign * (reached - view.values[self.extreme])


HIGH = Side(
    "session_high",
    1,
    PRIOR_HIGH,
    PRIOR_HIGH_AGE,
    "high > every high of the session before",
    "Session high",
    (
        *path([(0, 50.0), (8, 53.0), (18, 50.5), (30, 52.8)], wick=0.1),
        (52.8, 54.3, 52.7, 54.2, 300.0),
    ),
)
LOW = Side(
    "session_low",
    -1,
    PRIOR_LOW,
    PRIOR_LOW_AGE,
    "low < every low of the session before",
    "Session low",
    (
        *path([(0, 50.0), (8, 47.0), (18, 49.5), (30, 47.2)], wick=0.1),
        (47.2, 47.3, 45.7, 45.8, 300.0),
    ),
)


def session_extreme(side: Side, min_bars: int = 15, stood_bars: int = 10) -> Detector:
    """A new extreme of the session, where the old one has stood for `stood_bars` bars.

    So a trend that makes a new high every bar is one detection, until it rests that long. Not
    within the session's first `min_bars` bars.
    """

    def find(view: BarView) -> Strength:
        rested = (view.values[side.age] >= stood_bars) & (view.values[BARS] > min_bars)
        return as_strength((side.beyond(view) > 0) & rested, side.sign * 100)

    def parts(view: BarView, direction: Direction) -> Parts:
        """margin: how far beyond, in mean ranges; stood: how long the old one did; volume."""
        mean = add_columns(lambda ago: high_low(view, ago), RANGE_BARS, 1) / RANGE_BARS
        return {
            "margin": or_unknown(saturating(ratio(side.beyond(view), mean))),
            "stood": or_unknown(saturating(view.values[side.age] / (2.0 * stood_bars))),
            "volume": volume_part(view),
        }

    return Detector(
        pattern_type=side.pattern_type,
        title=side.title,
        family="session",
        formula=f"{side.formula}, the most extreme of which is at least {stood_bars} bars ago; "
        f"after the session's first {min_bars} bars",
        source="definition of TickStock",
        timeframes=("1m", "5m", "15m"),
        parameters={"min_bars": min_bars, "stood_bars": stood_bars},
        bounds={"min_bars": (1, 120), "stood_bars": (1, 120)},
        make=partial(session_extreme, side),
        warm_up=min_bars,
        lookback=LOOKBACK,
        span=1,
        gaps="counts the symbol's bars; minutes without a trade do not age the old extreme",
        find=find,
        parts=parts,
        weights=WEIGHTS,
        example=side.example,
        min_confidence=0.5,
        cool_down=5,
        inputs=(BARS, side.extreme, side.age),
    )


DEFINITIONS = (session_extreme(HIGH), session_extreme(LOW))
