"""Candles as TA-Lib reads them: body, shadows, and what long, short and near mean.

Source: TA-Lib's `ta_utility.h` and `ta_global.c` (candle settings): a size is compared with a
factor times the average of a range over the bars before the candle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from patterns.sums import add_columns
from patterns.views import BarView, Bools, Floats


@dataclass(frozen=True, slots=True)
class CandleSetting:
    """What a size is compared with: `factor` × the mean of `range_type` over `bars` bars before.

    With `bars` 0 it is the candle's own range. Shadows are halved: both are summed.
    """

    range_type: str
    bars: int
    factor: float


BODY_LONG = CandleSetting("body", 10, 1.0)
BODY_SHORT = CandleSetting("body", 10, 1.0)
BODY_DOJI = CandleSetting("high_low", 10, 0.1)
SHADOW_LONG = CandleSetting("body", 0, 1.0)
SHADOW_VERY_SHORT = CandleSetting("high_low", 10, 0.1)
NEAR = CandleSetting("high_low", 5, 0.2)


def body(view: BarView, ago: int) -> Floats:
    """|close - open|."""
    return view.memo(("body", ago), lambda: np.abs(view.close[ago] - view.open[ago]))


def high_low(view: BarView, ago: int) -> Floats:
    """high - low."""
    return view.memo(("high_low", ago), lambda: view.high[ago] - view.low[ago])


def body_top(view: BarView, ago: int) -> Floats:
    """The higher of open and close."""
    return view.memo(("body_top", ago), lambda: np.maximum(view.open[ago], view.close[ago]))


def body_bottom(view: BarView, ago: int) -> Floats:
    """The lower of open and close."""
    return view.memo(("body_bottom", ago), lambda: np.minimum(view.open[ago], view.close[ago]))


def upper_shadow(view: BarView, ago: int) -> Floats:
    """From the body's top to the high."""
    return view.memo(("upper", ago), lambda: view.high[ago] - body_top(view, ago))


def lower_shadow(view: BarView, ago: int) -> Floats:
    """From the low to the body's bottom."""
    return view.memo(("lower", ago), lambda: body_bottom(view, ago) - view.low[ago])


def white(view: BarView, ago: int) -> Bools:
    """Whether the close is not below the open."""
    result: Bools = view.close[ago] >= view.open[ago]
    return result


def black(view: BarView, ago: int) -> Bools:
    """Whether the close is below the open."""
    result: Bools = view.close[ago] < view.open[ago]
    return result


RANGES = {"body": body, "high_low": high_low}


def average(view: BarView, setting: CandleSetting, ago: int) -> Floats:
    """The size that `setting` compares the candle `ago` bars back with (TA_CANDLEAVERAGE)."""
    measure = RANGES[setting.range_type]
    if setting.bars == 0:
        return setting.factor * measure(view, ago)

    def make() -> Floats:
        total = add_columns(lambda back: measure(view, back), setting.bars, ago + 1)
        return setting.factor * (total / setting.bars)

    return view.memo(("average", setting, ago), make)


def moved(view: BarView, ago: int = 0) -> Bools:
    """Whether the price moved within the bar: one print, or one price, makes no candle."""
    result: Bools = view.high[ago] > view.low[ago]
    return result


def as_strength(
    found: Bools, strength: int = 100
) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    """TA-Lib's number where `found`, else 0."""
    return np.where(found, strength, 0).astype(np.int16)
