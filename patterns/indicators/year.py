"""Where the close lies between the highest and the lowest price of a year."""

import numpy as np

from patterns.definitions import DAILY, Indicator, Outputs
from patterns.sums import highest, lowest
from patterns.views import BarView


def year(bars: int) -> Indicator:
    """The range of the last `bars` daily bars, and the close's place in it."""

    def compute(view: BarView) -> Outputs:
        high, low = highest(view, "high", bars), lowest(view, "low", bars)
        size = np.where(high > low, high - low, np.nan)
        return 100.0 * ((view.close[0] - low) / size), high, low

    return Indicator(
        outputs=("YEAR_POSITION", "YEAR_HIGH", "YEAR_LOW"),
        prices=("YEAR_HIGH", "YEAR_LOW"),
        title="52-week position",
        family="strength",
        formula=f"highest high and lowest low of the last {bars} daily bars, the current one "
        "included; position: 100 * (close - low) / (high - low)",
        source="definition of TickStock; 252 trading days are a year of the NYSE",
        parameters={"bars": bars},
        warm_up=bars - 1,
        lookback=bars,
        gaps=f"counts bars: {bars} days with a bar, which is more than a year where some lack one",
        timeframes=DAILY,
        compute=compute,
    )


DEFINITIONS = (year(252),)
