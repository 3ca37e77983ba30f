"""Donchian channel: the highest high and the lowest low of the last bars."""

from patterns.definitions import Indicator, Outputs
from patterns.sums import highest, lowest
from patterns.views import BarView


def donchian(bars: int) -> Indicator:
    """The range of the last `bars` bars, the current one included."""

    def compute(view: BarView) -> Outputs:
        upper, lower = highest(view, "high", bars), lowest(view, "low", bars)
        return upper, (upper + lower) / 2.0, lower

    return Indicator(
        outputs=("DC_UPPER", "DC_MIDDLE", "DC_LOWER"),
        prices=("DC_UPPER", "DC_MIDDLE", "DC_LOWER"),
        title="Donchian channel",
        family="volatility",
        formula=f"highest high and lowest low of the last {bars} bars, the current one included, "
        "and the middle between them",
        source="Richard Donchian's channel rule, 1960s; highs and lows as TA-Lib MAX and MIN",
        parameters={"bars": bars},
        warm_up=bars - 1,
        lookback=bars,
        gaps=f"counts bars, not minutes: {bars} bars, across gaps and sessions",
        compute=compute,
    )


DEFINITIONS = (donchian(20),)
