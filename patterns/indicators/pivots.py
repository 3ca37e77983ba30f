"""Swing pivots: the alternating highs and lows that chart patterns are made of."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.indicators.atr import true_range
from patterns.sums import sum_of
from patterns.views import BarView, Floats

REACH = 3
"""Bars on either side that a fractal must stand out from; it is known this many bars later."""
PIVOTS = 8
MAX_AGE = 120
QUIET = 60
"""Without a fractal of each kind in so many bars there are no swings to speak of."""

PRICE = tuple(f"PIVOT_PRICE_{i}" for i in range(PIVOTS))
AGO = tuple(f"PIVOT_AGO_{i}" for i in range(PIVOTS))
KIND, NEW = "PIVOT_KIND", "PIVOT_NEW"
UNIT, UNIT_BEFORE = "SWING_UNIT", "SWING_UNIT_BEFORE"
UNIT_BARS = 20


def fractal(view: BarView) -> Floats:
    """1 where the bar `REACH` ago is a fractal high, -1 a low; 0 where neither, or both."""
    high, low = view.high, view.low
    after_high, after_low = high[0], low[0]
    before_high, before_low = high[REACH + 1], low[REACH + 1]
    for ago in range(1, REACH):
        after_high = np.maximum(after_high, high[ago])
        after_low = np.minimum(after_low, low[ago])
        before_high = np.maximum(before_high, high[REACH + 1 + ago])
        before_low = np.minimum(before_low, low[REACH + 1 + ago])
    top = (high[REACH] > before_high) & (high[REACH] >= after_high)
    bottom = (low[REACH] < before_low) & (low[REACH] <= after_low)
    return top.astype(np.float64) - bottom


def _step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
    swings = before[: 2 * PIVOTS].reshape(2, PIVOTS, -1).copy()
    swings[1] += 1.0
    kind, quiet = before[2 * PIVOTS], np.fmax(before[2 * PIVOTS + 1 :] + 1.0, 0.0)

    found = fractal(view)
    seen = np.stack([found > 0, found < 0])
    price = np.where(seen[0], view.high[REACH], view.low[REACH])
    some = found != 0
    turned = some & (found != kind)
    exceeded = some & ~turned & ((price - swings[0, 0]) * found > 0)

    new = np.stack([price, np.full_like(price, REACH)])
    swings[:, 1:] = np.where(turned, swings[:, :-1], swings[:, 1:])
    swings[:, 0] = np.where(turned | exceeded, new, swings[:, 0])
    kind = np.where(turned, found, kind)

    quiet = np.where(seen, 0.0, quiet)
    still = np.maximum(quiet[0], quiet[1]) > QUIET
    swings = np.where(still | (swings[1] > MAX_AGE), np.nan, swings)
    kind = np.where(still, np.nan, kind)
    is_new = ((turned | exceeded) & ~still).astype(np.float64)
    return (*swings[0], *swings[1], kind, is_new), np.concatenate(
        [swings[0], swings[1], kind[None], quiet]
    )


def _unit(view: BarView) -> Outputs:
    now, before = (sum_of(view, "true_range", true_range, UNIT_BARS, ago) for ago in (0, 1))
    return now / UNIT_BARS, before / UNIT_BARS


DEFINITIONS = (
    Indicator(
        outputs=(*PRICE, *AGO, KIND, NEW),
        title="Swing pivots",
        family="trend",
        formula=f"a bar is a high if its high is above those of the {REACH} bars before and not "
        f"below those of the {REACH} after, and is known then; lows likewise; a bar that is both "
        "is neither; of several highs without a low between them the highest counts (of equal "
        f"ones the first), of lows the lowest; the last {PIVOTS}, not older than {MAX_AGE} bars; "
        f"none while there was no high or no low bar in {QUIET} bars",
        source="Bill Williams, Trading Chaos, 1995 (fractals, there with 2 bars a side); "
        "alternation as in Arthur A. Merrill, Filtered Waves, 1977",
        parameters={"reach": REACH, "max_age": MAX_AGE, "quiet": QUIET},
        warm_up=2 * REACH,
        lookback=2 * REACH + 1,
        gaps="counts bars, not minutes",
        step=_step,
        states=2 * PIVOTS + 3,
        internal=True,
    ),
    Indicator(
        outputs=(UNIT, UNIT_BEFORE),
        title="Size of a swing's unit",
        family="volatility",
        formula=f"plain mean of the true range of {UNIT_BARS} bars; the same a bar earlier",
        source="true range: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978",
        parameters={"bars": UNIT_BARS},
        warm_up=UNIT_BARS,
        lookback=UNIT_BARS + 2,
        gaps="counts bars, not minutes; a night's gap is one true range",
        compute=_unit,
        internal=True,
    ),
)
