"""Aroon: how long ago the highest high and the lowest low of the last bars were."""

from collections.abc import Callable

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.sums import highest, lowest
from patterns.views import BarView, Floats

Extreme = Callable[[BarView, str, int, int], Floats]


def bars_since(
    view: BarView,
    field: str,
    extreme: Extreme,
    beyond: Callable[[Floats, Floats], Floats],
    bars: int,
    ago: int = 0,
) -> Floats:
    """Bars since the extreme of the last `bars` bars; of equal ones the latest counts."""
    if bars == 1:
        return view.column(field, ago) * 0.0
    newer = 1 << (bars - 1).bit_length() - 1

    def make(view: BarView, ago: int) -> Floats:
        further = beyond(
            extreme(view, field, bars - newer, ago + newer), extreme(view, field, newer, ago)
        )
        older_age = bars_since(view, field, extreme, beyond, bars - newer, ago + newer)
        newer_age = bars_since(view, field, extreme, beyond, newer, ago)
        return np.where(further, older_age + newer, newer_age)

    return view.derived(("bars_since", field, extreme, bars), make, ago)


def aroon(bars: int) -> Indicator:
    """Aroon up, down and their difference over `bars` bars and the current one."""
    scale = 100.0 / bars

    def compute(view: BarView) -> Outputs:
        high_age = bars_since(view, "high", highest, np.greater, bars + 1)
        low_age = bars_since(view, "low", lowest, np.less, bars + 1)
        up, down = scale * (bars - high_age), scale * (bars - low_age)
        return up, down, scale * (low_age - high_age)

    return Indicator(
        outputs=(f"AROON_UP_{bars}", f"AROON_DOWN_{bars}", f"AROON_OSC_{bars}"),
        title=f"Aroon, {bars} bars",
        family="trend",
        formula=f"up: 100 * ({bars} - bars since the highest high) / {bars}, down the same of the "
        f"lowest low, among the last {bars + 1} bars, of equal ones the latest; oscillator: up - "
        "down",
        source="Tushar Chande, A Time Price Oscillator, Technical Analysis of Stocks & "
        "Commodities, 1995; TA-Lib AROON and AROONOSC",
        parameters={"bars": bars},
        warm_up=bars,
        lookback=bars + 1,
        gaps="counts bars, not minutes: a minute without a bar does not age it",
        compute=compute,
    )


DEFINITIONS = (aroon(14),)
