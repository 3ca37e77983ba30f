"""Stochastics: where a value lies in the range of the last bars, from 0 to 100.

Lane's stochastic of the close, Williams %R, which counts from the top, and the stochastic of the
relative strength index.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.indicators.rsi import strength_index
from patterns.prices import equal
from patterns.sums import highest, lowest, sum_of
from patterns.views import BarView, Floats


def part_of_range(value: Floats, low: Floats, high: Floats) -> Floats:
    """100 * (value - low) / (high - low); 0 where the range is nothing."""
    return np.where(equal(high, low), 0.0, (value - low) / ((high - low) / 100.0))


def fast_k(view: BarView, bars: int, ago: int = 0) -> Floats:
    """Where the close lies in the range of `bars` bars."""

    def make(view: BarView, ago: int) -> Floats:
        low, high = lowest(view, "low", bars, ago), highest(view, "high", bars, ago)
        return part_of_range(view.close[ago], low, high)

    return view.derived(("fast_k", bars), make, ago)


def slow_k(view: BarView, bars: int, smooth: int, ago: int = 0) -> Floats:
    """The mean of the last `smooth` fast ones."""
    total = sum_of(view, ("fast_k", bars), lambda view, ago: fast_k(view, bars, ago), smooth, ago)
    return total / smooth


def stochastic(bars: int, smooth: int, signal: int) -> Indicator:
    """The slow stochastic."""

    def line(view: BarView, ago: int) -> Floats:
        return slow_k(view, bars, smooth, ago)

    def compute(view: BarView) -> Outputs:
        total = sum_of(view, ("slow_k", bars, smooth), line, signal)
        return line(view, 0), total / signal

    return Indicator(
        outputs=("STOCH_K", "STOCH_D"),
        title=f"Slow stochastic ({bars}, {smooth}, {signal})",
        family="momentum",
        formula=f"K: mean over {smooth} bars of 100 * (close - low) / (high - low), high and low "
        f"those of {bars} bars, 0 where they are equal; D: mean of {signal} K",
        source="George C. Lane, Lane's Stochastics, Technical Analysis of Stocks & Commodities, "
        "1984; TA-Lib STOCH",
        parameters={"bars": bars, "smooth": smooth, "signal": signal},
        warm_up=bars + smooth + signal - 3,
        lookback=bars + smooth + signal - 2,
        gaps="counts bars, not minutes: the range spans gaps and nights",
        compute=compute,
    )


def williams_r(bars: int) -> Indicator:
    """How far the close is below the top of the range: 0 at the top, -100 at the bottom.

    Not beyond either for a bar whose close lies outside its own range, as in TA-Lib.
    """

    def compute(view: BarView) -> Outputs:
        high, low = highest(view, "high", bars), lowest(view, "low", bars)
        below = (high - view.close[0]) / ((high - low) / -100.0)
        return (np.where(high > low, np.minimum(np.maximum(below, -100.0), 0.0), 0.0),)

    return Indicator(
        outputs=(f"WILLR_{bars}",),
        title=f"Williams %R, {bars} bars",
        family="momentum",
        formula="-100 * (high - close) / (high - low), high and low those of "
        f"{bars} bars; 0 where they are equal",
        source="Larry Williams, How I Made One Million Dollars Last Year Trading Commodities, "
        "1973; TA-Lib WILLR",
        parameters={"bars": bars},
        warm_up=bars - 1,
        lookback=bars,
        gaps="counts bars, not minutes: the range spans gaps and nights",
        compute=compute,
    )


def stochastic_rsi(bars: int, fast: int, signal: int) -> Indicator:
    """The stochastic of the RSI: where it lies in its own range of `fast` bars."""
    kept = fast - 1

    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        index, after = strength_index(view, before, bars)
        recent, lines = before[2 : 2 + kept], before[2 + kept :]
        low, high = reduce(np.minimum, recent, index), reduce(np.maximum, recent, index)
        line = part_of_range(index, low, high)
        mean = reduce(np.add, lines, line) / signal
        return (line, mean), np.stack([*after, *_next(recent, index), *_next(lines, line)])

    return Indicator(
        outputs=("STOCHRSI_K", "STOCHRSI_D"),
        title=f"Stochastic RSI ({bars}, {fast}, {signal})",
        family="momentum",
        formula=f"K: 100 * (RSI - low) / (high - low), low and high those of RSI {bars} over "
        f"{fast} bars, 0 where they are equal; D: mean of {signal} K",
        source="Tushar Chande and Stanley Kroll, The New Technical Trader, 1994; TA-Lib STOCHRSI",
        parameters={"bars": bars, "fast": fast, "signal": signal},
        warm_up=bars + fast + signal - 2,
        lookback=bars + 1,
        gaps="counts bars, not minutes; the change over a gap or a night is one change",
        step=step,
        states=2 + kept + signal - 1,
    )


def _next(kept: Sequence[Floats] | Floats, newest: Floats) -> list[Floats]:
    """The last values after one more, oldest first."""
    return [*kept[1:], newest]


DEFINITIONS = (stochastic(14, 3, 3), williams_r(14), stochastic_rsi(14, 5, 3))
