"""Volume spike: far more traded than in the bars before."""

import numpy as np

from patterns.candles import as_strength, body, high_low
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.evidence import or_unknown, ratio, saturating
from patterns.indicators.session_range import BARS
from patterns.sums import window_mean
from patterns.views import BarView


def volume_spike(factor: float = 3.0, bars: int = 20, opening_bars: int = 5) -> Detector:
    """Volume of at least `factor` times the mean of the `bars` bars before.

    The session's first `opening_bars` bars are left out: at the open every symbol trades a
    multiple of what it did at the last close.
    """

    def find(view: BarView) -> Strength:
        mean = window_mean(view, "volume", bars, ago=1)
        much = (view.volume[0] >= factor * mean) & (mean > 0)
        return as_strength(much & (view.values[BARS] > opening_bars))

    def direction(view: BarView, strength: Strength) -> Direction:
        return np.sign(view.close[0] - view.open[0]).astype(np.int8)

    def parts(view: BarView, direction: Direction) -> Parts:
        mean = window_mean(view, "volume", bars, ago=1)
        excess = ratio(view.volume[0], factor * mean) - 1.0
        return {
            "volume": or_unknown(0.5 + 0.5 * saturating(excess)),
            "body": or_unknown(ratio(body(view, 0), high_low(view, 0))),
        }

    return Detector(
        pattern_type="volume_spike",
        formula=f"volume >= {factor:g} * mean volume of the {bars} bars before, not within the "
        f"session's first {opening_bars} bars; points where the bar's body points",
        source="definition of TickStock",
        parameters={"factor": factor, "bars": bars, "opening_bars": opening_bars},
        bounds={"factor": (1.0, 50.0), "bars": (5, 100), "opening_bars": (0, 60)},
        make=volume_spike,
        warm_up=bars,
        lookback=bars + 1,
        span=1,
        gaps="counts bars: minutes without a trade are not zeros",
        find=find,
        direction=direction,
        parts=parts,
        weights={"volume": 0.7, "body": 0.3},
        inputs=(BARS,),
    )


DEFINITIONS = (volume_spike(),)
