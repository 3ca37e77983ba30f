"""The opening range: high and low of the session's first minutes, and whether it was left."""

import numpy as np

from patterns.definitions import INTRADAY, Indicator, Outputs
from patterns.indicators.vwap import new_session
from patterns.views import BarView, Floats

MINUTES = (5, 15, 30, 60)
MINUTE_MS = 60_000
FIELDS = ("HIGH", "LOW", "LEFT_UP", "LEFT_DOWN")
_LENGTHS_MS = np.array(MINUTES)[:, None] * MINUTE_MS
_HALF = 2 * len(MINUTES)


def names(minutes: int) -> tuple[str, ...]:
    """The outputs of one length: high, low, left up, left down."""
    return tuple(f"OPENING_{field}_{minutes}" for field in FIELDS)


def _step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
    first = new_session(view)
    high, low = np.where(first, np.nan, before[:_HALF]).reshape(2, len(MINUTES), -1)
    up, down = np.where(first, 0.0, before[_HALF:]).reshape(2, len(MINUTES), -1)
    forming = view.time_ms[0] - view.session_ms[0] < _LENGTHS_MS
    shown = [np.where(forming, np.nan, field) for field in (high, low, up, down)]
    after = np.concatenate(
        [
            np.where(forming, np.fmax(high, view.high[0]), high),
            np.where(forming, np.fmin(low, view.low[0]), low),
            np.where(~forming & (view.close[0] > high), 1.0, up),
            np.where(~forming & (view.close[0] < low), 1.0, down),
        ]
    )
    return tuple(field[i] for i in range(len(MINUTES)) for field in shown), after


DEFINITIONS = (
    Indicator(
        outputs=tuple(name for minutes in MINUTES for name in names(minutes)),
        title="Opening range",
        family="session",
        formula="highest high and lowest low of the bars that begin within the session's first "
        f"{', '.join(map(str, MINUTES))} minutes, once those are over; 1 where a close since then "
        "and before this bar lay above it (left up), or below it (left down)",
        source="Toby Crabel, Day Trading with Short Term Price Patterns and Opening Range "
        "Breakout, 1990",
        warm_up=0,
        lookback=2,
        gaps="minutes by the clock, whether the symbol traded or not; none in a session without "
        "a bar in its first minutes",
        timeframes=INTRADAY,
        step=_step,
        states=4 * len(MINUTES),
        internal=True,
    ),
)
