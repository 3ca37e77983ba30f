"""What makes a candlestick worth a detection, and the parts of its confidence.

TA-Lib's candlesticks are shapes: several fire on one bar in five. A detection needs more: bars of
some size, and a trend that the shape reverses or goes on with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from patterns.candles import body, high_low, mean_range, moved
from patterns.definitions import Direction, Parts
from patterns.evidence import (
    TREND_BARS,
    or_unknown,
    ratio,
    saturating,
    trend_before,
    trend_part,
    volume_part,
)
from patterns.sums import add_columns, highest, lowest
from patterns.views import BarView, Bools, Floats

MIN_TREND = 1.0
"""What the 10 bars before must have moved, in twice their mean range."""

WEIGHTS = {"fit": 0.4, "volume": 0.3, "trend": 0.3}

Side = int | Callable[[BarView], Any]
"""1 bullish, -1 bearish, or a function that says which for each element."""

Keep = Callable[[BarView], Bools]


def reach(view: BarView, span: int) -> Floats:
    """From the lowest low to the highest high of the last `span` bars."""
    return view.memo(
        ("reach", span), lambda: highest(view, "high", span) - lowest(view, "low", span)
    )


def notable(view: BarView, span: int, size: float = 1.0) -> Bools:
    """Whether the pattern's bars are large enough to mean something.

    They reach over `size` times what `span` bars of the mean range do when they half overlap, and
    the price moved within the last of them.
    """
    usual = mean_range(view, TREND_BARS, span) * (size * (1 + span) / 2)
    return moved(view) & (reach(view, span) >= usual)


def reverses(span: int, side: Side, size: float = 1.0, trend: float = MIN_TREND) -> Keep:
    """Keeps notable patterns of `span` bars that come after a trend against their side."""

    def keep(view: BarView) -> Bools:
        return notable(view, span, size) & _moved_with(view, span, side, -1, trend)

    return keep


def continues(span: int, side: Side, size: float = 1.0, trend: float = MIN_TREND) -> Keep:
    """Keeps notable patterns of `span` bars that come after a trend to their side."""

    def keep(view: BarView) -> Bools:
        return notable(view, span, size) & _moved_with(view, span, side, 1, trend)

    return keep


def _moved_with(view: BarView, span: int, side: Side, way: int, trend: float) -> Bools:
    """Whether the bars before moved enough to the side, or with way -1 against it."""
    before = trend_before(view, span)
    if not callable(side):
        enough: Bools = before * (side * way) >= trend
        return enough
    sided = side(view)
    result: Bools = (before * (sided * way) >= trend) & (sided != 0)
    return result


def stands_out(span: int = 1, size: float = 1.5, trend: float = MIN_TREND) -> Keep:
    """Keeps large patterns that come after a trend to either side: for the neutral ones."""

    def keep(view: BarView) -> Bools:
        return notable(view, span, size) & (np.abs(trend_before(view, span)) >= trend)

    return keep


def always(direction: int) -> Callable[..., Direction]:
    """A direction that does not follow from the sign of TA-Lib's number."""

    def direct(view: BarView, strength: Any) -> Direction:
        return np.full(strength.shape, direction, np.int8)

    return direct


def reversal_parts(view: BarView, direction: Direction, span: int, fit: Floats) -> Parts:
    """fit, cut to 0 … 1; volume; the trend before, which the pattern reverses."""
    return {
        "fit": bounded(fit),
        "volume": volume_part(view),
        "trend": trend_part(view, direction, span),
    }


def continuation_parts(view: BarView, direction: Direction, span: int, fit: Floats) -> Parts:
    """fit, cut to 0 … 1; volume; the trend before, which the pattern goes on with."""
    against = (-direction).astype(np.int8)
    return reversal_parts(view, against, span, fit)


def neutral_parts(view: BarView, span: int, fit: Floats) -> Parts:
    """fit, cut to 0 … 1; volume; the trend before, whichever way it goes."""
    return {
        "fit": bounded(fit),
        "volume": volume_part(view),
        "trend": or_unknown(0.5 + 0.5 * saturating(np.abs(trend_before(view, span)))),
    }


def bounded(fit: Floats) -> Floats:
    """A fit cut to 0 … 1; 0.5 where it is unknown."""
    return or_unknown(np.clip(fit, 0.0, 1.0))


def excess(value: Floats, least: Floats) -> Floats:
    """How far a size exceeds what it must: 0.5 at the least, 0.75 at twice it; for fits."""
    return 0.5 + 0.5 * saturating(ratio(value - least, least))


def scarcity(value: Floats, most: Floats) -> Floats:
    """How far a size stays below what it may be: 1 at nothing, 0.5 at the most; for fits."""
    return 1.0 - 0.5 * ratio(value, most)


def fullness(view: BarView, span: int) -> Floats:
    """How much of the ranges of the last `span` candles is body; for fits."""
    bodies = add_columns(lambda ago: body(view, ago), span)
    return ratio(bodies, add_columns(lambda ago: high_low(view, ago), span))
