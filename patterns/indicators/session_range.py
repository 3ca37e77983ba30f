"""The session's high and low before the current bar, and for how many bars each has stood."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.indicators.vwap import new_session
from patterns.views import BarView, Floats

BARS = "SESSION_BARS"
PRIOR_HIGH, PRIOR_HIGH_AGE = "PRIOR_SESSION_HIGH", "PRIOR_SESSION_HIGH_AGE"
PRIOR_LOW, PRIOR_LOW_AGE = "PRIOR_SESSION_LOW", "PRIOR_SESSION_LOW_AGE"


def _step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
    first = new_session(view)
    bars = np.where(first, 1.0, before[0] + 1.0)
    high, high_age, low, low_age = np.where(first, np.nan, before[1:])
    high_age, low_age = high_age + 1.0, low_age + 1.0
    higher = ~(view.high[0] <= high)
    lower = ~(view.low[0] >= low)
    after = np.stack(
        [
            bars,
            np.where(higher, view.high[0], high),
            np.where(higher, 0.0, high_age),
            np.where(lower, view.low[0], low),
            np.where(lower, 0.0, low_age),
        ]
    )
    return (bars, high, high_age, low, low_age), after


DEFINITIONS = (
    Indicator(
        outputs=(BARS, PRIOR_HIGH, PRIOR_HIGH_AGE, PRIOR_LOW, PRIOR_LOW_AGE),
        title="Range of the session",
        family="session",
        formula="bars of the session so far; highest high and lowest low of its bars before this "
        "one; how many bars ago each was made",
        source="definition of TickStock's session_high and session_low",
        warm_up=0,
        lookback=2,
        gaps="counts bars, not minutes; begins anew with the session's first bar",
        step=_step,
        states=5,
        internal=True,
    ),
)
