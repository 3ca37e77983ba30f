"""SuperTrend: a trailing band of true ranges that changes sides with the close."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.indicators.atr import average_true_range
from patterns.views import BarView, Floats


def supertrend(bars: int, width: float) -> Indicator:
    """The band below a rising price, or above a falling one."""

    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        close, last = view.close[0], view.close[1]
        ranged = average_true_range(view, before[0], bars)
        middle, off = (view.high[0] + view.low[0]) / 2.0, width * ranged
        upper, lower = middle + off, middle - off
        # Written so that a band that is not there yet (NaN) gives way.
        upper = np.where((upper >= before[1]) & (last <= before[1]), before[1], upper)
        lower = np.where((lower <= before[2]) & (last >= before[2]), before[2], lower)
        up = np.where(before[3] > 0, close >= lower, close > upper)
        direction = np.where(up, 1.0, -1.0)
        shown = np.where(up, lower, upper)
        return (shown, direction), np.stack([ranged, upper, lower, direction])

    return Indicator(
        outputs=("SUPERTREND", "SUPERTREND_DIRECTION"),
        prices=("SUPERTREND",),
        title="SuperTrend",
        family="trend",
        formula=f"bands: (high + low) / 2 ± {width:g} * ATR {bars}; the upper only falls and the "
        "lower only rises until a close passes it; a close above the upper band turns the "
        "direction to 1, one below the lower to -1; it shows the lower band at 1, the upper at -1",
        source="Olivier Seban's SuperTrend; rules as TradingView publishes them for ta.supertrend",
        parameters={"bars": bars, "width": width},
        warm_up=bars,
        lookback=bars + 1,
        gaps="counts bars, not minutes; a night's gap is one true range. It starts at -1, and "
        "forgets its start once the price has passed both bands",
        step=step,
        states=4,
    )


DEFINITIONS = (supertrend(10, 3.0),)
