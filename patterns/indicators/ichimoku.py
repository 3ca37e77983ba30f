"""Ichimoku: conversion line, base line, and the cloud between two spans.

The lagging span is today's close drawn some bars back: a drawing, which says nothing that the
close does not. It is no indicator here.
"""

from patterns.definitions import Indicator, Outputs
from patterns.sums import highest, lowest
from patterns.views import BarView, Floats


def middle(view: BarView, bars: int, ago: int = 0) -> Floats:
    """Midway between the highest high and the lowest low of `bars` bars that end `ago` back."""
    return (highest(view, "high", bars, ago) + lowest(view, "low", bars, ago)) / 2.0


def ichimoku(conversion: int, base: int, long: int) -> Indicator:
    """The cloud is the one that lies at the current bar: drawn `base` bars ago, then known."""

    def compute(view: BarView) -> Outputs:
        span_a = (middle(view, conversion, base) + middle(view, base, base)) / 2.0
        lines = middle(view, conversion), middle(view, base)
        return (*lines, span_a, middle(view, long, base))

    return Indicator(
        outputs=("ICHIMOKU_CONVERSION", "ICHIMOKU_BASE", "ICHIMOKU_SPAN_A", "ICHIMOKU_SPAN_B"),
        prices=("ICHIMOKU_CONVERSION", "ICHIMOKU_BASE", "ICHIMOKU_SPAN_A", "ICHIMOKU_SPAN_B"),
        title="Ichimoku cloud",
        family="trend",
        formula=f"conversion, base: middle of the range of the last {conversion} and {base} bars; "
        f"span A: mean of both as they were {base} bars ago; span B: middle of the range of "
        f"{long} bars as it was {base} bars ago. So the spans are the cloud at this bar. The "
        "lagging span is the close drawn backwards, and left out",
        source="Goichi Hosoda, Ichimoku Kinko Hyo, 1969",
        parameters={"conversion": conversion, "base": base, "long": long},
        warm_up=conversion - 1,
        lookback=base + long,
        gaps=f"counts bars, not minutes; each line begins when its own bars are there, span B at "
        f"bar {base + long}",
        compute=compute,
    )


DEFINITIONS = (ichimoku(9, 26, 52),)
