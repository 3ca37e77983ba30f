"""MACD: fast less slow exponential average, its signal line, and their difference."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.indicators.dema import average_of_average
from patterns.indicators.ema import close_ema
from patterns.views import BarView, Floats


def macd(fast: int, slow: int, signal: int) -> Indicator:
    """MACD of closes; both averages start at the slow one's first bar, as in TA-Lib."""

    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        quick = close_ema(view, before[0], fast, at=slow)
        calm = close_ema(view, before[1], slow, at=slow)
        line = quick - calm
        average = average_of_average(line, before[2], view.count, slow, signal)
        return (line, average, line - average), np.stack([quick, calm, average])

    return Indicator(
        outputs=("MACD", "MACD_SIGNAL", "MACD_HIST"),
        prices=("MACD", "MACD_SIGNAL", "MACD_HIST"),
        title=f"Moving average convergence divergence ({fast}, {slow}, {signal})",
        family="momentum",
        formula=f"EMA {fast} - EMA {slow} of closes; signal: EMA {signal} of it; histogram: "
        "line - signal",
        source="Gerald Appel, The Moving Average Convergence-Divergence Trading Method, 1979; "
        "TA-Lib MACD",
        parameters={"fast": fast, "slow": slow, "signal": signal},
        warm_up=slow + signal - 2,
        lookback=slow,
        gaps="counts bars, not minutes: a minute without a bar does not age it",
        step=step,
        states=3,
    )


DEFINITIONS = (macd(12, 26, 9),)
