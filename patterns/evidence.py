"""Parts of a confidence that several detectors share; each lies in [0, 1], 0.5 when unknown."""

from __future__ import annotations

import numpy as np

from patterns.candles import mean_range
from patterns.definitions import Direction
from patterns.sums import window_mean
from patterns.views import BarView, Floats

VOLUME_BARS = 20
TREND_BARS = 10
LOOKBACK = VOLUME_BARS + 1


def saturating(value: Floats) -> Floats:
    """0 … ∞ onto 0 … 1: value / (1 + value); negative counts as 0."""
    positive = np.maximum(value, 0.0)
    return positive / (1.0 + positive)


def or_unknown(part: Floats) -> Floats:
    """0.5 where the part could not be computed (too few bars, nothing to divide by)."""
    return np.where(np.isfinite(part), part, 0.5)


def ratio(value: Floats, unit: Floats) -> Floats:
    """value / unit; NaN where unit is not positive."""
    known = unit > 0
    return np.where(known, value / np.where(known, unit, 1.0), np.nan)


def volume_part(view: BarView) -> Floats:
    """Volume against the mean of the 20 bars before: 0.5 at the mean, 0.8 at four times it."""
    mean = window_mean(view, "volume", VOLUME_BARS, ago=1)
    return or_unknown(saturating(ratio(view.volume[0], mean)))


def trend_before(view: BarView, span: int) -> Floats:
    """What the close moved in the 10 bars before a pattern of `span` bars.

    Counted in twice the mean range of those bars; NaN where it is unknown.
    """

    def make(view: BarView, ago: int) -> Floats:
        unit = 2.0 * mean_range(view, TREND_BARS, ago)
        return ratio(view.close[ago] - view.close[ago + TREND_BARS], unit)

    return view.derived("trend before", make, span)


def trend_part(view: BarView, direction: Direction, span: int) -> Floats:
    """The move that the pattern reverses, over the 10 bars before it.

    0.5 without a trend, 0.75 after one unit of `trend_before` against `direction`, below 0.5
    after a move with it. A neutral pattern has 0.5.
    """
    against = -trend_before(view, span) * direction
    return or_unknown(0.5 + 0.5 * against / (1.0 + np.abs(against)))


def trend_lookback(span: int) -> int:
    """Bars that `trend_part` and `volume_part` read."""
    return max(LOOKBACK, span + TREND_BARS + 1)


def agreement(view: BarView, direction: Direction, name: str) -> Floats:
    """Whether the higher timeframe moves the pattern's way: 1 wholly, 0 wholly against it.

    name: the given value that tells its trend, -1 … 1. 0.5 where it is unknown, or the pattern
    is neutral.
    """
    return or_unknown(0.5 + 0.5 * view.given(name) * direction)
