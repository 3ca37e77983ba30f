"""Granville's on-balance volume: of the session, and of all stored daily bars."""

from collections.abc import Callable

import numpy as np

from patterns.definitions import DAILY, INTRADAY, Indicator, Outputs
from patterns.indicators.vwap import new_session
from patterns.views import BarView, Bools, Floats

FORMULA = (
    "plus the bar's volume where it closes above the close before, less it where below; the "
    "first bar of {} counts as a rise"
)
SOURCE = "Joseph Granville, New Key to Stock Market Profits, 1963; TA-Lib OBV"


def _obv(
    output: str, begins: Callable[[BarView], Bools], since: str, gaps: str, where: tuple[str, ...]
) -> Indicator:
    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        signed = np.sign(view.close[0] - view.close[1]) * view.volume[0]
        after = np.where(begins(view), view.volume[0], before[0] + signed)
        return (after,), after[None]

    return Indicator(
        outputs=(output,),
        title="On-balance volume",
        family="volume",
        formula=FORMULA.format(since),
        source=SOURCE,
        warm_up=0,
        lookback=2,
        gaps=gaps,
        timeframes=where,
        step=step,
        states=1,
    )


DEFINITIONS = (
    _obv(
        "OBV",
        new_session,
        "the session",
        "a minute without a bar adds nothing; begins anew with the session, so that a restart, "
        "which reads the session's bars, gives the same",
        INTRADAY,
    ),
    _obv(
        "OBV_DAILY",
        lambda view: view.count == 1,
        "the history",
        "a day without a bar adds nothing; its level depends on where the stored history begins, "
        "its changes do not",
        DAILY,
    ),
)
