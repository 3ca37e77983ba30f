"""Keltner channels: an exponential average of closes with a band of true ranges."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.indicators.atr import average_true_range
from patterns.indicators.ema import seeded, smoothed
from patterns.sums import window_mean
from patterns.views import BarView, Floats


def keltner(bars: int, width: float, range_bars: int) -> Indicator:
    """EMA of `bars` closes, and `width` ATRs of `range_bars` bars on either side."""

    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        seed = window_mean(view, "close", bars)
        following = smoothed(view.close[0], before[0], bars)
        middle = seeded(view.count, bars, seed, following)
        ranged = average_true_range(view, before[1], range_bars)
        off = width * ranged
        return (middle + off, middle, middle - off), np.stack([middle, ranged])

    return Indicator(
        outputs=("KC_UPPER", "KC_MIDDLE", "KC_LOWER"),
        prices=("KC_UPPER", "KC_MIDDLE", "KC_LOWER"),
        title="Keltner channels",
        family="volatility",
        formula=f"EMA {bars} of closes ± {width:g} * ATR {range_bars}",
        source="Chester Keltner, How to Make Money in Commodities, 1960, as changed by Linda "
        "Bradford Raschke: an exponential average, and Wilder's ATR for the band",
        parameters={"bars": bars, "width": width, "range_bars": range_bars},
        warm_up=max(bars - 1, range_bars),
        lookback=max(bars, range_bars + 1),
        gaps="counts bars, not minutes; a night's gap is one true range",
        step=step,
        states=2,
    )


DEFINITIONS = (keltner(20, 2.0, 10),)
