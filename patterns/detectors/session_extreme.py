"""Session high and low: a new extreme of the session, after the old one has stood for a while."""

from patterns.candles import as_strength, high_low
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import LOOKBACK, or_unknown, ratio, saturating, volume_part
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
COMMON = {
    "source": "definition of TickStock",
    "lookback": LOOKBACK,
    "span": 1,
    "gaps": "counts the symbol's bars; minutes without a trade do not age the old extreme",
    "weights": {"margin": 0.3, "stood": 0.4, "volume": 0.3},
}


def _parts(view: BarView, beyond: Floats, age: Floats, stood_bars: int) -> Parts:
    """margin: how far beyond, in mean ranges; stood: how long the old extreme did; volume."""
    mean = add_columns(lambda ago: high_low(view, ago), RANGE_BARS, 1) / RANGE_BARS
    return {
        "margin": or_unknown(saturating(ratio(beyond, mean))),
        "stood": or_unknown(saturating(age / (2.0 * stood_bars))),
        "volume": volume_part(view),
    }


def session_high(min_bars: int = 15, stood_bars: int = 10) -> Detector:
    """A high above all before it in the session, of which the highest is `stood_bars` old.

    So a trend that makes a new high every bar is one detection, until it rests that long. Not
    within the session's first `min_bars` bars.
    """

    def find(view: BarView) -> Strength:
        values = view.values
        rested = (values[PRIOR_HIGH_AGE] >= stood_bars) & (values[BARS] > min_bars)
        return as_strength((view.high[0] > values[PRIOR_HIGH]) & rested)

    def parts(view: BarView, direction: Direction) -> Parts:
        beyond = view.high[0] - view.values[PRIOR_HIGH]
        return _parts(view, beyond, view.values[PRIOR_HIGH_AGE], stood_bars)

    return Detector(
        pattern_type="session_high",
        formula="high > every high of the session before, the highest of which is at least "
        f"{stood_bars} bars ago; after the session's first {min_bars} bars",
        parameters={"min_bars": min_bars, "stood_bars": stood_bars},
        warm_up=min_bars,
        find=find,
        parts=parts,
        inputs=(BARS, PRIOR_HIGH, PRIOR_HIGH_AGE),
        **COMMON,
    )


def session_low(min_bars: int = 15, stood_bars: int = 10) -> Detector:
    """`session_high` upside down."""

    def find(view: BarView) -> Strength:
        values = view.values
        rested = (values[PRIOR_LOW_AGE] >= stood_bars) & (values[BARS] > min_bars)
        return as_strength((view.low[0] < values[PRIOR_LOW]) & rested, -100)

    def parts(view: BarView, direction: Direction) -> Parts:
        beyond = view.values[PRIOR_LOW] - view.low[0]
        return _parts(view, beyond, view.values[PRIOR_LOW_AGE], stood_bars)

    return Detector(
        pattern_type="session_low",
        formula="low < every low of the session before, the lowest of which is at least "
        f"{stood_bars} bars ago; after the session's first {min_bars} bars",
        parameters={"min_bars": min_bars, "stood_bars": stood_bars},
        warm_up=min_bars,
        find=find,
        parts=parts,
        inputs=(BARS, PRIOR_LOW, PRIOR_LOW_AGE),
        **COMMON,
    )


DEFINITIONS = (session_high(), session_low())
