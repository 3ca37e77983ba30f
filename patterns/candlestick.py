"""Detectors of candlesticks: what those that reverse, go on, or point nowhere have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
from patterns.evidence import TREND_BARS, trend_lookback
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the bars before, and of the pattern's size, for a detection."""

    way: str
    span: int
    trend: float
    size: float

    def sentence(self) -> str:
        """The same in words, for the end of a formula."""
        reaches = self.size * (1 + self.span) / 2
        return (
            f"; kept where the close moved {self.way} by at least {2.0 * self.trend:g} mean ranges "
            f"in the {TREND_BARS} bars before, and it reaches over {reaches:g} or more"
        )


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
    wanted = Wanted("against it", span, trend, size)
    return _made(given, make, wanted, keep, parts)


def continuation(
    *, span: int, fit: Fit, side: Side, trend: float = MIN_TREND, size: float = 1.0, **given: Any
) -> Detector:
    """A candlestick that goes on with the trend before it; as `reversal`."""

    def parts(view: BarView, direction: Direction) -> Parts:
        return continuation_parts(view, direction, span, fit(view))

    def make(**values: float) -> Detector:
        return continuation(span=span, fit=fit, side=side, **{**given, **values})

    keep = continues(span, side, size, trend)
    wanted = Wanted("its way", span, trend, size)
    return _made(given, make, wanted, keep, parts)


def indecision(
    *, span: int, fit: Fit, trend: float = MIN_TREND, size: float = 1.5, **given: Any
) -> Detector:
    """A candlestick that points nowhere, worth a look after a trend; as `reversal`."""

    def parts(view: BarView, direction: Direction) -> Parts:
        return neutral_parts(view, span, fit(view))

    def make(**values: float) -> Detector:
        return indecision(span=span, fit=fit, **{**given, **values})

    keep = stands_out(span, size, trend)
    wanted = Wanted("either way", span, trend, size)
    given = {"direction": neutral, **given}
    return _made(given, make, wanted, keep, parts)


def _made(
    given: dict[str, Any],
    make: Callable[..., Detector],
    wanted: Wanted,
    keep: Keep,
    parts: Callable[[BarView, Direction], Parts],
) -> Detector:
    fields = {"make": make, "lookback": trend_lookback(wanted.span), **COMMON, **given}
    fields["formula"] += wanted.sentence()
    own = given.get("parameters", {})
    fields["parameters"] = {**own, "trend": wanted.trend, "size": wanted.size}
    fields["bounds"] = {**given.get("bounds", {}), **BOUNDS}
    return Detector(span=wanted.span, keep=keep, parts=parts, **fields)
