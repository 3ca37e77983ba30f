"""MACD: fast less slow exponential average, its signal line, and their difference."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.indicators.ema import seeded, smoothed
from patterns.sums import window_mean
from patterns.views import BarView, Floats, Ints


def _signal(line: Floats, before: Floats, count: Ints, slow: int, signal: int) -> Floats:
    """The signal line; while it warms up, the sum of the lines so far."""
    adding = np.where(count == slow, line, before + line)
    first = slow + signal - 1
    seed = adding / signal
    return np.where(
        count < first, adding, seeded(count, first, seed, smoothed(line, before, signal))
    )


def macd(fast: int, slow: int, signal: int) -> Indicator:
    """MACD of closes; both averages start at the slow one's first bar, as in TA-Lib."""

    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        close, count = view.close[0], view.count
        quick = seeded(
            count, slow, window_mean(view, "close", fast), smoothed(close, before[0], fast)
        )
        calm = seeded(
            count, slow, window_mean(view, "close", slow), smoothed(close, before[1], slow)
        )
        line = quick - calm
        average = _signal(line, before[2], count, slow, signal)
        return (line, average, line - average), np.stack([quick, calm, average])

    return Indicator(
        outputs=("MACD", "MACD_SIGNAL", "MACD_HIST"),
        formula=f"EMA {fast} - EMA {slow} of closes; signal: EMA {signal} of it; histogram: "
        "line - signal",
        source="TA-Lib MACD",
        parameters={"fast": fast, "slow": slow, "signal": signal},
        warm_up=slow + signal - 2,
        lookback=slow,
        gaps="counts bars, not minutes: a minute without a bar does not age it",
        step=step,
        states=3,
    )


DEFINITIONS = (macd(12, 26, 9),)
