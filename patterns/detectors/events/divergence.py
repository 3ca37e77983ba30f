"""Divergence: price goes beyond its last swing, an oscillator does not.

The oscillators are plain means over a few bars, so that their value at an earlier swing can be
computed from the bars around it, now as then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.events.measures import UNIT_BARS, at_points, unit
from patterns.evidence import LOOKBACK, or_unknown, ratio, saturating, trend_lookback, volume_part
from patterns.examples import Chart, path
from patterns.geometry import Geometry
from patterns.indicators.pivots import REACH
from patterns.levels import Levels, levels
from patterns.pivots import PIVOT_INPUTS, pivots
from patterns.views import BarView, Bools, Floats, Ints

SPAN = REACH + 1
RSI_BARS = 14
FAST, SLOW = 12, 26


def cutler_rsi(view: BarView, ago: Ints) -> Floats:
    """100 * rises / (rises + falls) of the 14 closes up to the bar `ago` back; 50 if none moved."""
    up, down = np.zeros(ago.shape), np.zeros(ago.shape)
    for back in range(RSI_BARS - 1, -1, -1):
        change = view.gather("close", ago + back) - view.gather("close", ago + back + 1)
        up, down = up + np.maximum(change, 0.0), down + np.maximum(-change, 0.0)
    moved = up + down
    return np.where(moved == 0, 50.0, 100.0 * up / np.where(moved == 0, 1.0, moved))


def sma_macd(view: BarView, ago: Ints) -> Floats:
    """SMA 12 less SMA 26 of the closes up to the bar `ago` back, in mean true ranges of now."""
    fast, slow = np.zeros(ago.shape), np.zeros(ago.shape)
    for back in range(SLOW - 1, -1, -1):
        close = view.gather("close", ago + back)
        slow = slow + close
        if back < FAST:
            fast = fast + close
    return ratio(fast / FAST - slow / SLOW, unit(view))


@dataclass(frozen=True, slots=True)
class Oscillator:
    """What diverges. middle: where it is neither high nor low; scale: a large difference.

    away, least: how far from the middle it was at the earlier swing, and by how much less it is at
    the newer one, by default.
    """

    pattern_type: str
    title: str
    value: Callable[[BarView, Ints], Floats]
    bars: int
    middle: float
    away: float
    least: float
    scale: float
    min_confidence: float
    formula: str
    source: str
    bounds: dict[str, tuple[float, float]]
    example: Chart


@dataclass(frozen=True, slots=True)
class Swings:
    """The oscillator at the newest swing and at the one of its kind before, one element a point."""

    side: Floats
    newer: Floats
    older: Floats

    def turned(self) -> Floats:
        """How much less far the oscillator went the second time."""
        return self.side * (self.newer - self.older)


def whole(ago: Floats) -> Ints:
    """Bars ago as a number to count with; 0 where there is no pivot."""
    return np.where(np.isfinite(ago), ago, 0.0).astype(np.int64)


def swing_values(view: BarView, oscillator: Oscillator) -> Swings:
    """The oscillator at pivots 0 and 2; side: 1 where they are lows, -1 where they are highs."""
    swings = pivots(view)
    newer, older = (oscillator.value(view, whole(swings.ago(i))) for i in (0, 2))
    return Swings(np.where(swings.newest_is_low, 1.0, -1.0), newer, older)


def price_goes_on(view: BarView, least: int, most: int) -> Bools:
    """A swing that became known now, beyond the one before of its kind, `least` … `most` bars ago.

    Whether it is a low below a low, or a high above a high.
    """
    swings = pivots(view)
    side = np.where(swings.newest_is_low, 1.0, -1.0)
    apart = swings.ago(2) - swings.ago(0)
    result: Bools = swings.just_confirmed & (side * (swings.price(0) - swings.price(2)) < 0)
    return result & (apart >= least) & (apart <= most)


def swing_levels(view: BarView, direction: Direction, span: int) -> Levels:
    """The swing between the two confirms, the newer one fails; as far again is the target."""
    swings = pivots(view)
    trigger, stop = swings.price(1), swings.price(0)
    return levels(trigger, stop, 2.0 * trigger - stop)


def swing_geometry(view: BarView, direction: Direction) -> Geometry:
    """The two swings with the line between them, and the swing in the middle."""
    swings = pivots(view)
    older, middle, newer = (swings.anchor(i) for i in (2, 1, 0))
    return Geometry(
        pivots={"first": older, "between": middle, "second": newer},
        lines={"price": (older, newer)},
    )


def divergence(
    oscillator: Oscillator,
    away: float,
    difference: float,
    min_bars: int = 5,
    max_bars: int = 60,
) -> Detector:
    """A lower low in price with a higher one in the oscillator; or a higher high, and a lower."""

    def diverged(view: BarView) -> Floats:
        at = swing_values(view, oscillator)
        stretched = at.side * (oscillator.middle - at.older) >= away
        return np.where(stretched & (at.turned() >= difference), at.side, 0.0)

    def find(view: BarView) -> Strength:
        candidates = price_goes_on(view, min_bars, max_bars)
        return (100 * at_points(view, candidates, diverged)).astype(np.int16)

    def parts(view: BarView, direction: Direction) -> Parts:
        """fit: by how much the oscillator turned; stretch: how far it was; price; volume."""
        at, swings = swing_values(view, oscillator), pivots(view)
        beyond = np.abs(swings.price(0) - swings.price(2))
        stretch = at.side * (oscillator.middle - at.older)
        return {
            "fit": or_unknown(saturating(at.turned() / oscillator.scale)),
            "stretch": or_unknown(saturating(stretch / (2.0 * oscillator.scale))),
            "price": or_unknown(saturating(ratio(beyond, unit(view)))),
            "volume": volume_part(view),
        }

    return Detector(
        pattern_type=oscillator.pattern_type,
        title=oscillator.title,
        family="momentum",
        formula=f"{oscillator.formula.format(away, difference)}; the two swings (fractals of "
        f"{REACH} bars a side) are {min_bars} to {max_bars} bars apart; on the bar on which the "
        "second becomes known",
        source=oscillator.source,
        parameters={
            "away": away,
            "difference": difference,
            "min_bars": min_bars,
            "max_bars": max_bars,
        },
        bounds={**oscillator.bounds, "min_bars": (2, 60), "max_bars": (5, 100)},
        make=partial(divergence, oscillator),
        warm_up=oscillator.bars + REACH + min_bars,
        lookback=max(
            REACH + max_bars + oscillator.bars, LOOKBACK, UNIT_BARS + 2, trend_lookback(SPAN)
        ),
        span=SPAN,
        gaps="counts bars, not minutes, across sessions",
        find=find,
        parts=parts,
        weights={"fit": 0.4, "stretch": 0.2, "price": 0.2, "volume": 0.2},
        geometry=swing_geometry,
        levels=swing_levels,
        inputs=PIVOT_INPUTS,
        example=oscillator.example,
        min_confidence=oscillator.min_confidence,
        cool_down=5,
        expires=30,
    )


EXAMPLE = path([(0, 60.0), (20, 60.5), (30, 48.0), (38, 53.0), (46, 47.5), (49, 49.5)])
RSI = Oscillator(
    "rsi_divergence",
    "RSI divergence",
    cutler_rsi,
    RSI_BARS + 1,
    middle=50.0,
    away=20.0,
    least=8.0,
    scale=10.0,
    min_confidence=0.58,
    formula="a low in price below the low before while RSI is at least {1:g} points higher than "
    "at that low, where it was at least {0:g} below 50; or a higher high with a lower RSI; RSI "
    f"with plain means of the rises and falls of {RSI_BARS} closes (Cutler's), in place of "
    "Wilder's endless ones",
    source="J. Welles Wilder, New Concepts in Technical Trading Systems, 1978 (divergence); "
    "Cutler's RSI",
    bounds={"away": (0.0, 50.0), "difference": (0.0, 50.0)},
    example=EXAMPLE,
)
MACD = Oscillator(
    "macd_divergence",
    "MACD divergence",
    sma_macd,
    SLOW,
    middle=0.0,
    away=1.0,
    least=0.4,
    scale=0.5,
    min_confidence=0.61,
    formula=f"a low in price below the low before while SMA {FAST} - SMA {SLOW} is at least "
    "{1:g} mean true ranges higher than at that low, where it was at least {0:g} below 0; or a "
    "higher high with a lower difference; simple means in place of MACD's exponential ones, so "
    "that the window is finite",
    source="Gerald Appel, Technical Analysis: Power Tools for Active Investors, 2005 (MACD and "
    "its divergences)",
    bounds={"away": (0.0, 10.0), "difference": (0.0, 10.0)},
    example=EXAMPLE,
)
DEFINITIONS = tuple(divergence(kind, kind.away, kind.least) for kind in (RSI, MACD))
