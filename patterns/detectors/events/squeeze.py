"""Squeeze: Bollinger bands that were inside the Keltner bands come out again."""

import numpy as np

from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.events.measures import closing_place, unit
from patterns.evidence import LOOKBACK, or_unknown, ratio, saturating, volume_part
from patterns.examples import path
from patterns.indicators.squeeze_run import BARS, ON, RUN
from patterns.levels import Levels, bar_levels
from patterns.sums import highest, lowest, window_mean
from patterns.views import BarView, Floats

LEVEL_BARS = 10


def momentum(view: BarView) -> Floats:
    """The close against the middle of the middle of the range and the mean of closes."""
    middle = (highest(view, "high", BARS) + lowest(view, "low", BARS)) / 2.0
    return view.close[0] - (middle + window_mean(view, "close", BARS)) / 2.0


def range_levels(view: BarView, direction: Direction, span: int) -> Levels:
    """The ends of the last ten bars, most of which were squeezed."""
    return bar_levels(view, direction, LEVEL_BARS)


def squeeze(bars: int = 8) -> Detector:
    """The release of a squeeze that has lasted at least `bars` bars."""

    def find(view: BarView) -> Strength:
        released = (view.values[ON] == 0) & (view.values[RUN] >= bars)
        return np.where(released, 100 * np.sign(momentum(view)), 0).astype(np.int16)

    def parts(view: BarView, direction: Direction) -> Parts:
        """length of the squeeze; momentum in mean true ranges; close; volume."""
        push = ratio(np.abs(momentum(view)), unit(view))
        return {
            "length": or_unknown(saturating(view.values[RUN] / bars)),
            "momentum": or_unknown(saturating(push)),
            "close": closing_place(view, direction),
            "volume": volume_part(view),
        }

    return Detector(
        pattern_type="squeeze",
        title="Squeeze release",
        family="breakout",
        formula="the Bollinger bands (20, 2) come out of the Keltner bands (20, 1.5) after at "
        f"least {bars} bars inside them; Keltner from SMA and a plain mean of true ranges, so "
        "that the window is finite; points where momentum does: close - ((highest high + lowest "
        "low of 20) / 2 + SMA 20) / 2",
        source="John Carter, Mastering the Trade, 2005 (the squeeze; there with a smoothed "
        "momentum)",
        parameters={"bars": bars},
        bounds={"bars": (1, 100)},
        make=squeeze,
        warm_up=BARS + 1,
        lookback=max(LOOKBACK, BARS + 2),
        span=1,
        gaps="counts bars, not minutes, across sessions",
        find=find,
        parts=parts,
        weights={"length": 0.25, "momentum": 0.3, "close": 0.15, "volume": 0.3},
        levels=range_levels,
        inputs=(ON, RUN),
        example=(
            *path([(0, 50.0), *((n, 50.0 + 0.5 * (n % 2)) for n in range(1, 45))], wick=0.1),
            (50.0, 53.9, 49.9, 53.8, 400.0),
        ),
        min_confidence=0.63,
        cool_down=10,
        expires=20,
    )


DEFINITIONS = (squeeze(),)
