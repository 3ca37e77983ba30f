"""Volume spike: far more traded than in the bars before."""

import numpy as np

from patterns.candles import as_strength, body, high_low
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.events.measures import just_opened
from patterns.evidence import or_unknown, ratio, saturating
from patterns.examples import path
from patterns.sums import window_mean
from patterns.views import BarView

FLAT = path([(n, 50.0 + 0.2 * (n % 2)) for n in range(24)], wick=0.2)


def volume_spike(factor: float = 3.0, bars: int = 20, opening_bars: int = 5) -> Detector:
    """Volume of at least `factor` times the mean of the `bars` bars before.

    The session's first `opening_bars` bars are left out: at the open every symbol trades a
    multiple of what it did at the last close.
    """

    def find(view: BarView) -> Strength:
        mean = window_mean(view, "volume", bars, ago=1)
        much = (view.volume[0] >= factor * mean) & (mean > 0)
        return as_strength(much & ~just_opened(view, opening_bars))

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
        title="Volume spike",
        family="volume",
        formula=f"volume >= {factor:g} * mean volume of the {bars} bars before, not within the "
        f"first {opening_bars} bars of an intraday session; points where the bar's body points",
        source="definition of TickStock",
        parameters={"factor": factor, "bars": bars, "opening_bars": opening_bars},
        bounds={"factor": (1.0, 50.0), "bars": (5, 100), "opening_bars": (0, 60)},
        make=volume_spike,
        warm_up=bars,
        lookback=max(bars + 1, opening_bars + 2),
        span=1,
        gaps="counts bars: minutes without a trade are not zeros",
        find=find,
        direction=direction,
        parts=parts,
        weights={"volume": 0.7, "body": 0.3},
        example=(*FLAT, (50.2, 51.6, 50.1, 51.4, 600.0)),
        min_confidence=0.65,
        cool_down=5,
    )


DEFINITIONS = (volume_spike(),)
