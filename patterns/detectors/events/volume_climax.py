"""Volume climax: a burst of volume on a wide bar at the end of a trend."""

import numpy as np

from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.events.measures import (
    UNIT_BARS,
    closing_place,
    just_opened,
    move,
    unit,
    volume_ratio,
)
from patterns.evidence import or_unknown, ratio, saturating
from patterns.examples import falling
from patterns.indicators.atr import true_range
from patterns.sums import highest, lowest
from patterns.views import BarView, Floats

TREND_BARS = 20


def trend_at_its_end(view: BarView, least: float) -> Floats:
    """1 where an advance of `least` units makes its highest high of 20 bars, -1 for a decline."""
    gone = move(view, TREND_BARS, 1)
    up = (gone >= least) & (view.high[0] > highest(view, "high", TREND_BARS, 1))
    down = (gone <= -least) & (view.low[0] < lowest(view, "low", TREND_BARS, 1))
    return up.astype(np.float64) - down


def volume_climax(
    factor: float = 3.0, bars: int = 50, wide: float = 1.75, trend: float = 3.0
) -> Detector:
    """The largest volume of `bars` bars, on a bar `wide` times as wide as usual, after a trend."""

    def find(view: BarView) -> Strength:
        much = volume_ratio(view) >= factor
        much &= view.volume[0] > highest(view, "volume", bars - 1, 1)
        broad = true_range(view, 0) >= wide * unit(view)
        there = much & broad & ~just_opened(view, 1)
        return np.where(there, -100 * trend_at_its_end(view, trend), 0).astype(np.int16)

    def parts(view: BarView, direction: Direction) -> Parts:
        """volume and range above what it takes; trend; close: away from the trend."""
        excess = ratio(true_range(view, 0), wide * unit(view)) - 1.0
        more = volume_ratio(view) / factor - 1.0
        return {
            "volume": or_unknown(0.5 + 0.5 * saturating(more)),
            "range": or_unknown(0.5 + 0.5 * saturating(excess)),
            "trend": or_unknown(saturating(np.abs(move(view, TREND_BARS, 1)) / trend)),
            "close": closing_place(view, direction),
        }

    return Detector(
        pattern_type="volume_climax",
        title="Volume climax",
        family="volume",
        formula=f"volume >= {factor:g} * mean volume of the 20 bars before and above that of each "
        f"of the {bars - 1} before; true range >= {wide:g} * their mean over 20 bars; closes went "
        f"at least {trend:g} mean true ranges one way over the {TREND_BARS} bars before, and the "
        "bar reaches beyond all of those; not the first bar of an intraday session; points "
        "against that trend",
        source="Richard D. Wyckoff, Studies in Tape Reading, 1910, and his course of 1931 "
        "(buying and selling climax); limits of TickStock",
        parameters={"factor": factor, "bars": bars, "wide": wide, "trend": trend},
        bounds={"factor": (1.0, 50.0), "bars": (5, 200), "wide": (0.5, 10.0), "trend": (0.5, 20.0)},
        make=volume_climax,
        warm_up=max(bars - 1, UNIT_BARS + 1),
        lookback=max(bars, UNIT_BARS + 2),
        span=1,
        gaps="counts bars: minutes without a trade are not zeros",
        find=find,
        parts=parts,
        weights={"volume": 0.3, "range": 0.2, "trend": 0.25, "close": 0.25},
        example=(*falling(60), (39.8, 40.0, 35.8, 38.6, 700.0)),
        min_confidence=0.5,
        cool_down=5,
    )


DEFINITIONS = (volume_climax(),)
