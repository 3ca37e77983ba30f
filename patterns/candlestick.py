"""Detectors of candlesticks: what those that reverse, go on, or point nowhere have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from patterns.candlestick_evidence import (
    MIN_TREND,
    WEIGHTS,
    Keep,
    Side,
    continuation_parts,
    continues,
    neutral_parts,
    reversal_parts,
    reverses,
    stands_out,
)
from patterns.definitions import Detector, Direction, Parts, neutral
from patterns.evidence import trend_lookback
from patterns.views import BarView, Floats

Fit = Callable[[BarView], Floats]

BOUNDS = {"trend": (0.0, 10.0), "size": (0.0, 10.0)}
"""`trend`: what the 10 bars before must have moved, in twice their mean range. `size`: what the
pattern must reach over, in mean ranges of half-overlapping bars."""

COMMON: dict[str, Any] = {
    "family": "candlestick",
    "weights": WEIGHTS,
    "gaps": "counts bars: the bar before is the one before, however long ago; a bar in which the "
    "price did not move completes no pattern",
    "min_confidence": 0.6,
    "cool_down": 5,
    "expires": 10,
}


def reversal(
    *, span: int, fit: Fit, side: Side, trend: float = MIN_TREND, size: float = 1.0, **given: Any
) -> Detector:
    """A candlestick that turns the trend before it.

    span: bars of the pattern. fit: how well it is made. side: which way it points. given: the
    other fields of the detector, `parameters` without `trend` and `size` among them.
    """

    def parts(view: BarView, direction: Direction) -> Parts:
        return reversal_parts(view, direction, span, fit(view))

    def make(**values: float) -> Detector:
        return reversal(span=span, fit=fit, side=side, **{**given, **values})

    keep = reverses(span, side, size, trend)
    return _made(given, make, span, keep, parts, {"trend": trend, "size": size})


def continuation(
    *, span: int, fit: Fit, side: Side, trend: float = MIN_TREND, size: float = 1.0, **given: Any
) -> Detector:
    """A candlestick that goes on with the trend before it; as `reversal`."""

    def parts(view: BarView, direction: Direction) -> Parts:
        return continuation_parts(view, direction, span, fit(view))

    def make(**values: float) -> Detector:
        return continuation(span=span, fit=fit, side=side, **{**given, **values})

    keep = continues(span, side, size, trend)
    return _made(given, make, span, keep, parts, {"trend": trend, "size": size})


def indecision(
    *, span: int, fit: Fit, trend: float = MIN_TREND, size: float = 1.5, **given: Any
) -> Detector:
    """A candlestick that points nowhere, worth a look after a trend; as `reversal`."""

    def parts(view: BarView, direction: Direction) -> Parts:
        return neutral_parts(view, span, fit(view))

    def make(**values: float) -> Detector:
        return indecision(span=span, fit=fit, **{**given, **values})

    keep = stands_out(span, size, trend)
    given = {"direction": neutral, **given}
    return _made(given, make, span, keep, parts, {"trend": trend, "size": size})


def _made(
    given: dict[str, Any],
    make: Callable[..., Detector],
    span: int,
    keep: Keep,
    parts: Callable[[BarView, Direction], Parts],
    shared: dict[str, float],
) -> Detector:
    fields = {"make": make, "lookback": trend_lookback(span), **COMMON, **given}
    fields["parameters"] = {**given.get("parameters", {}), **shared}
    fields["bounds"] = {**given.get("bounds", {}), **BOUNDS}
    return Detector(span=span, keep=keep, parts=parts, **fields)
