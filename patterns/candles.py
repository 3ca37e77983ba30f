"""Candles as TA-Lib reads them: body, shadows, and what long, short and near mean.

Source: TA-Lib's `ta_utility.h` and `ta_global.c` (candle settings): a size is compared with a
factor times the average of a range over the bars before the candle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

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
BODY_VERY_LONG = CandleSetting("body", 10, 3.0)
BODY_SHORT = CandleSetting("body", 10, 1.0)
BODY_DOJI = CandleSetting("high_low", 10, 0.1)
SHADOW_LONG = CandleSetting("body", 0, 1.0)
SHADOW_VERY_LONG = CandleSetting("body", 0, 2.0)
SHADOW_SHORT = CandleSetting("shadows", 10, 1.0)
SHADOW_VERY_SHORT = CandleSetting("high_low", 10, 0.1)
NEAR = CandleSetting("high_low", 5, 0.2)
FAR = CandleSetting("high_low", 5, 0.6)
EQUAL = CandleSetting("high_low", 5, 0.05)


def _body(view: BarView, ago: int) -> Floats:
    return np.abs(view.close[ago] - view.open[ago])


def _high_low(view: BarView, ago: int) -> Floats:
    result: Floats = view.high[ago] - view.low[ago]
    return result


def _top(view: BarView, ago: int) -> Floats:
    return np.maximum(view.open[ago], view.close[ago])


def _bottom(view: BarView, ago: int) -> Floats:
    return np.minimum(view.open[ago], view.close[ago])


def _upper(view: BarView, ago: int) -> Floats:
    result: Floats = view.high[ago] - body_top(view, ago)
    return result


def _lower(view: BarView, ago: int) -> Floats:
    result: Floats = body_bottom(view, ago) - view.low[ago]
    return result


def _shadows(view: BarView, ago: int) -> Floats:
    return upper_shadow(view, ago) + lower_shadow(view, ago)


RANGES = {"body": _body, "high_low": _high_low, "shadows": _shadows}


def body(view: BarView, ago: int) -> Floats:
    """|close - open|."""
    return view.derived("body", _body, ago)


def high_low(view: BarView, ago: int) -> Floats:
    """high - low."""
    return view.derived("high_low", _high_low, ago)


def body_top(view: BarView, ago: int) -> Floats:
    """The higher of open and close."""
    return view.derived("body top", _top, ago)


def body_bottom(view: BarView, ago: int) -> Floats:
    """The lower of open and close."""
    return view.derived("body bottom", _bottom, ago)


def upper_shadow(view: BarView, ago: int) -> Floats:
    """From the body's top to the high."""
    return view.derived("upper shadow", _upper, ago)


def lower_shadow(view: BarView, ago: int) -> Floats:
    """From the low to the body's bottom."""
    return view.derived("lower shadow", _lower, ago)


def average(view: BarView, setting: CandleSetting, ago: int) -> Floats:
    """The size that `setting` compares the candle `ago` bars back with (TA_CANDLEAVERAGE)."""

    def make(view: BarView, ago: int) -> Floats:
        size = _sized(view, setting.range_type, setting.bars, ago)
        sized = setting.factor * size
        return sized / 2.0 if setting.range_type == "shadows" else sized

    return view.derived(("average", setting), make, ago)


def _sized(view: BarView, range_type: str, bars: int, ago: int) -> Floats:
    """The mean of the bars before, or with no bars the candle's own size."""
    if bars == 0:
        return view.derived(range_type, RANGES[range_type], ago)
    return _mean(view, range_type, bars, ago + 1)


def _mean(view: BarView, range_type: str, bars: int, ago: int) -> Floats:
    """The mean of a size, the oldest bar added first as TA-Lib does."""

    def make(view: BarView, ago: int) -> Floats:
        size = RANGES[range_type]
        return add_columns(lambda back: view.derived(range_type, size, back), bars, ago) / bars

    return view.derived(("mean", range_type, bars), make, ago)


def mean_range(view: BarView, bars: int, ago: int) -> Floats:
    """The mean of high - low over `bars` bars that end `ago` bars back."""
    return _mean(view, "high_low", bars, ago)


def _flag(view: BarView, name: str, ago: int, make: Callable[[], Bools]) -> Bools:
    """A yes or no that many patterns ask of the same candle, found once."""
    return cast(Bools, view.memo((name, ago), cast(Callable[[], Any], make)))


def white(view: BarView, ago: int) -> Bools:
    """Whether the close is not below the open. Read only: it is shared."""
    return _flag(view, "white", ago, lambda: view.close[ago] >= view.open[ago])


def black(view: BarView, ago: int) -> Bools:
    """Whether the close is below the open. Read only: it is shared."""
    return _flag(view, "black", ago, lambda: view.close[ago] < view.open[ago])


def long_body(view: BarView, ago: int) -> Bools:
    """Whether the body exceeds the mean of the 10 bars before it."""
    return _flag(view, "long body", ago, lambda: body(view, ago) > average(view, BODY_LONG, ago))


def short_body(view: BarView, ago: int) -> Bools:
    """Whether the body is below the mean of the 10 bars before it."""
    return _flag(view, "short body", ago, lambda: body(view, ago) < average(view, BODY_SHORT, ago))


def doji_body(view: BarView, ago: int) -> Bools:
    """Whether the body is at most a tenth of the mean range of the 10 bars before it."""
    return _flag(view, "doji body", ago, lambda: body(view, ago) <= average(view, BODY_DOJI, ago))


def bare_top(view: BarView, ago: int) -> Bools:
    """Whether the upper shadow is below a tenth of the mean range of the 10 bars before it."""
    return _flag(
        view,
        "bare top",
        ago,
        lambda: upper_shadow(view, ago) < average(view, SHADOW_VERY_SHORT, ago),
    )


def bare_bottom(view: BarView, ago: int) -> Bools:
    """Whether the lower shadow is below a tenth of the mean range of the 10 bars before it."""
    return _flag(
        view,
        "bare bottom",
        ago,
        lambda: lower_shadow(view, ago) < average(view, SHADOW_VERY_SHORT, ago),
    )


def body_gap_up(view: BarView, later: int, earlier: int) -> Bools:
    """Whether the body `later` bars ago lies wholly above the one `earlier` bars ago."""
    result: Bools = body_bottom(view, later) > body_top(view, earlier)
    return result


def body_gap_down(view: BarView, later: int, earlier: int) -> Bools:
    """Whether the body `later` bars ago lies wholly below the one `earlier` bars ago."""
    result: Bools = body_top(view, later) < body_bottom(view, earlier)
    return result


def gap_up(view: BarView, later: int, earlier: int) -> Bools:
    """Whether the candle `later` bars ago, shadows included, lies above the earlier one."""
    result: Bools = view.low[later] > view.high[earlier]
    return result


def gap_down(view: BarView, later: int, earlier: int) -> Bools:
    """Whether the candle `later` bars ago, shadows included, lies below the earlier one."""
    result: Bools = view.high[later] < view.low[earlier]
    return result


def level_with(view: BarView, price: Floats, other: Floats, ago: int) -> Bools:
    """Whether two prices are equal to a trader's eye.

    They differ by at most a twentieth of the mean range of the 5 bars before the candle `ago`
    bars back.
    """
    tolerance = average(view, EQUAL, ago)
    result: Bools = (price <= other + tolerance) & (price >= other - tolerance)
    return result


def colour(view: BarView, ago: int) -> NDArray[np.int16]:
    """1 where the candle is white, -1 where it is black, as TA-Lib multiplies its strengths."""
    return np.where(white(view, ago), 1, -1).astype(np.int16)


def moved(view: BarView, ago: int = 0) -> Bools:
    """Whether the price moved within the bar: one print, or one price, makes no candle."""
    result: Bools = view.high[ago] > view.low[ago]
    return result


def as_strength(found: Bools, strength: int = 100) -> NDArray[np.int16]:
    """TA-Lib's number where `found`, else 0."""
    return np.where(found, strength, 0).astype(np.int16)
