"""Wilder's directional movement: the two directional indicators and their average index."""

import numpy as np

from patterns.definitions import Indicator, Outputs
from patterns.indicators.atr import true_range
from patterns.indicators.rsi import wilder
from patterns.views import BarView, Floats, Ints

NOTHING = 1e-14
"""Sums below it count as zero, as in TA-Lib."""


def _moves(view: BarView, ago: int) -> tuple[Floats, Floats]:
    """How far the high rose and how far the low fell."""
    return view.high[ago] - view.high[ago + 1], view.low[ago + 1] - view.low[ago]


def _up(view: BarView, ago: int) -> Floats:
    rise, fall = _moves(view, ago)
    return np.where((rise > fall) & (rise > 0), rise, 0.0)


def _down(view: BarView, ago: int) -> Floats:
    rise, fall = _moves(view, ago)
    return np.where((fall > rise) & (fall > 0), fall, 0.0)


def movement_up(view: BarView) -> Floats:
    """How far the high rose, where the low did not fall as far; 0 elsewhere."""
    return view.derived("movement_up", _up)


def movement_down(view: BarView) -> Floats:
    """How far the low fell, where the high did not rise as far; 0 elsewhere."""
    return view.derived("movement_down", _down)


def wilder_sum(value: Floats, before: Floats, count: Ints, bars: int) -> Floats:
    """Wilder's sum: it adds up `bars - 1` values, then loses a part of itself with each."""
    following = np.where(count <= bars, before, before - before / bars) + value
    return np.where(count > 2, following, np.where(count == 2, value, np.nan))


def indicators(up: Floats, down: Floats, whole: Floats) -> tuple[Floats, Floats]:
    """The directional indicators: per cent of the true range; 0 where there is none."""
    still = np.abs(whole) < NOTHING
    return (
        np.where(still, 0.0, 100.0 * (up / whole)),
        np.where(still, 0.0, 100.0 * (down / whole)),
    )


def average_index(plus: Floats, minus: Floats, before: Floats, count: Ints, bars: int) -> Floats:
    """The next ADX; the sum of the index so far while it warms up. Without a direction it stays."""
    both = plus + minus
    directed = np.abs(both) >= NOTHING
    index = 100.0 * (np.abs(minus - plus) / both)
    first, last = bars + 1, 2 * bars
    kept = np.where(count == first, 0.0, before)
    warming = kept + np.where(directed, index, 0.0)
    running = np.where(directed, wilder(index, before, bars), before)
    begun = np.where(count == last, warming / bars, np.where(count > last, running, warming))
    return np.where(count < first, np.nan, begun)


def adx(bars: int) -> Indicator:
    """ADX and both directional indicators over `bars` bars."""

    def step(view: BarView, before: Floats) -> tuple[Outputs, Floats]:
        count = view.count
        up = wilder_sum(movement_up(view), before[0], count, bars)
        down = wilder_sum(movement_down(view), before[1], count, bars)
        whole = wilder_sum(true_range(view, 0), before[2], count, bars)
        plus, minus = indicators(up, down, whole)
        average = average_index(plus, minus, before[3], count, bars)
        shown = np.where(count >= 2 * bars, average, np.nan)
        return (shown, plus, minus), np.stack([up, down, whole, average])

    return Indicator(
        outputs=(f"ADX_{bars}", f"PLUS_DI_{bars}", f"MINUS_DI_{bars}"),
        title=f"Average directional index, {bars} bars",
        family="trend",
        formula="+DI and -DI: 100 * Wilder sum of the high's rise (the low's fall), where it is "
        f"the greater, / Wilder sum of the true range, over {bars} bars; ADX: Wilder average of "
        f"100 * |+DI - -DI| / (+DI + -DI), from bar {2 * bars} on",
        source="J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib ADX, "
        "PLUS_DI and MINUS_DI",
        parameters={"bars": bars},
        warm_up=bars,
        lookback=2,
        gaps="counts bars, not minutes; a night's gap is one move and one true range",
        step=step,
        states=4,
    )


DEFINITIONS = (adx(14),)
