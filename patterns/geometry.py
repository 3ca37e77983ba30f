"""What a chart needs to draw a detection: named points and lines between points.

While a detector runs, a point is an anchor: how many bars ago, and at what price, one element a
hit. In `pattern_data` a point is `[time_ms, price]`, so that it stays where it is as bars come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from patterns.views import BarView, Floats

Anchor = tuple[Floats, Floats]
"""(bars ago, price), one element a hit; NaN where a hit does not have this point."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """pivots: the swing points, oldest first. lines: each from one point to another."""

    pivots: Mapping[str, Anchor] = field(default_factory=dict)
    lines: Mapping[str, tuple[Anchor, Anchor]] = field(default_factory=dict)


def line_at(first: Anchor, second: Anchor, ago: Floats | float) -> Floats:
    """The price, `ago` bars back, of the line through two anchors; flat where they coincide."""
    run = first[0] - second[0]
    slope = np.where(run != 0, (second[1] - first[1]) / np.where(run != 0, run, 1.0), 0.0)
    return second[1] + slope * (second[0] - ago)


def line_slope(first: Anchor, second: Anchor) -> Floats:
    """How much the line through two anchors rises a bar; 0 where they coincide."""
    run = first[0] - second[0]
    return np.where(run != 0, (second[1] - first[1]) / np.where(run != 0, run, 1.0), 0.0)


def described(view: BarView, geometry: Geometry) -> list[dict[str, Any]]:
    """Each hit's geometry as it is stored: `{pivots: {name: [ms, price]}, lines: {...}}`."""
    hits = len(view.rows)
    made: list[dict[str, Any]] = [{"pivots": {}, "lines": {}} for _ in range(hits)]
    for name, anchor in geometry.pivots.items():
        for item, point in zip(made, _points(view, anchor), strict=True):
            if point is not None:
                item["pivots"][name] = point
    for name, (first, second) in geometry.lines.items():
        ends = zip(_points(view, first), _points(view, second), strict=True)
        for item, (start, end) in zip(made, ends, strict=True):
            if start is not None and end is not None:
                item["lines"][name] = [start, end]
    return made


def divided(described: dict[str, Any], by: float) -> dict[str, Any]:
    """What was described, its prices in other shares."""

    def point(old: list[float]) -> list[float]:
        return [old[0], round(old[1] / by, 6)]

    return {
        "pivots": {name: point(old) for name, old in described["pivots"].items()},
        "lines": {name: [point(end) for end in line] for name, line in described["lines"].items()},
    }


def _points(view: BarView, anchor: Anchor) -> list[list[float] | None]:
    shape = view.rows.shape
    ago, price = (np.broadcast_to(np.asarray(side, np.float64), shape) for side in anchor)
    known = np.isfinite(ago) & np.isfinite(price)
    times = view.gather("time_ms", np.where(known, ago, 0).astype(np.int64))
    rounded = np.round(price, 6)
    rows = zip(known.tolist(), times.tolist(), rounded.tolist(), strict=True)
    return [[time_ms, value] if there else None for there, time_ms, value in rows]
