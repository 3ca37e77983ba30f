"""Words of SVG, as text. Looks are left to style sheets: the pages' policy allows no others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

Point = tuple[float, float]


def short(value: float) -> str:
    """A coordinate to a tenth, without digits that say nothing."""
    return f"{value:.1f}".removesuffix(".0")


def element(name: str, *content: str, **attributes: str | float) -> str:
    """One element; `class_` is the attribute class, and other underscores are hyphens.

    Content is markup, attributes are escaped.
    """
    given = "".join(f' {_name(key)}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{''.join(content)}</{name}>" if content else f"<{name}{given}/>"


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else short(value)


def text(content: str, x: float, y: float, **attributes: str | float) -> str:
    """A word at a place."""
    return element("text", escape(content), x=x, y=y, **attributes)


def path(points: Iterable[Point]) -> str:
    """The `d` of a line through points; it breaks where one is not finite."""
    made, pen = [], "M"
    for x, y in points:
        if math.isfinite(y):
            made.append(f"{pen}{short(x)} {short(y)}")
        pen = "L" if math.isfinite(y) else "M"
    return "".join(made)


def picture(
    content: Sequence[str], width: float, height: float, name: str, title: str, about: str
) -> str:
    """The whole, with what a screen reader says of it."""
    return element(
        "svg",
        element("title", escape(title), id=f"{name}-title"),
        element("desc", escape(about), id=f"{name}-about"),
        *content,
        class_="picture",
        viewBox=f"0 0 {short(width)} {short(height)}",
        role="img",
        aria_labelledby=f"{name}-title {name}-about",
    )


def ornament(content: Sequence[str], width: float, height: float) -> str:
    """A small picture beside words that say it all."""
    return element(
        "svg",
        *content,
        class_="picture small",
        viewBox=f"0 0 {short(width)} {short(height)}",
        aria_hidden="true",
    )


@dataclass(frozen=True, slots=True)
class Pane:
    """A rectangle in which bars stand side by side, and values one above the other."""

    left: float
    right: float
    top: float
    bottom: float
    bars: int
    low: float
    high: float

    @property
    def step(self) -> float:
        """Width of a bar."""
        return (self.right - self.left) / max(self.bars, 1)

    def x(self, bar: float) -> float:
        """The middle of a bar."""
        return self.left + (bar + 0.5) * self.step

    def y(self, value: float) -> float:
        """The height of a value."""
        span = self.high - self.low
        share = (value - self.low) / span if span > 0 else 0.5
        return self.bottom - share * (self.bottom - self.top)

    def line(self, values: Sequence[float], **attributes: str) -> str:
        """A line through one value a bar."""
        points = ((self.x(bar), self.y(value)) for bar, value in enumerate(values))
        return element("path", d=path(points), **attributes)


def spread(values: Iterable[float], margin: float = 0.06) -> tuple[float, float]:
    """The lowest and highest of the finite values, with some room around them."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    room = (high - low) * margin or abs(high) * margin or 1.0
    return low - room, high + room


def ticks(low: float, high: float, most: int = 3) -> list[float]:
    """A few round numbers between two."""
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    step = next((m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw), 10 * power)
    first = math.ceil(low / step)
    return [n * step for n in range(first, math.floor(high / step) + 1)]


def apart(heights: Sequence[float], least: float) -> list[float]:
    """The heights, in their order, moved down until none is nearer than `least` to another."""
    order = sorted(range(len(heights)), key=lambda n: heights[n])
    placed = list(heights)
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + least)
    return placed
