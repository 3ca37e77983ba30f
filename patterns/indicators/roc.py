"""Rate of change of the close."""

from patterns.definitions import Indicator, Outputs
from patterns.views import BarView


def roc(bars: int) -> Indicator:
    """How many per cent the close is above that of `bars` bars ago."""

    def compute(view: BarView) -> Outputs:
        then = view.close[bars]
        return ((view.close[0] / then - 1.0) * 100.0,)

    return Indicator(
        outputs=(f"ROC_{bars}",),
        title=f"Rate of change, {bars} bars",
        family="momentum",
        formula=f"100 * (close / close {bars} bars ago - 1)",
        source="TA-Lib ROC",
        parameters={"bars": bars},
        warm_up=bars,
        lookback=bars + 1,
        gaps=f"counts bars, not minutes: {bars} bars, across gaps and sessions",
        compute=compute,
    )


DEFINITIONS = (roc(10),)
