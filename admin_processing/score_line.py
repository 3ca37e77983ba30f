"""The fidelity score by day, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streaming.pictures.svg import Pane, element, path, picture, text

WIDTH, HEIGHT = 720.0, 170.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, WIDTH - 12, 14.0, HEIGHT - 26
LEAST_SPAN = 0.001


def score_line(scores: Sequence[dict[str, Any]]) -> str:
    """A line through the scores, oldest first, each {day, score, …}; markup, empty for none.

    The scale ends at 1, and begins at a round figure below the lowest.
    """
    if not scores:
        return ""
    values = [float(row["score"]) for row in scores]
    low = floor_of(min(values))
    pane = Pane(LEFT, RIGHT, TOP, BOTTOM, len(values), low, 1.0)
    points = [(pane.x(bar), pane.y(value)) for bar, value in enumerate(values)]
    drawn = [*_scale(pane), element("path", d=path(points))]
    drawn += [_dot(point, row) for point, row in zip(points, scores, strict=True)]
    drawn += _days(pane, scores)
    about = f"from {min(values):.3%} to {max(values):.3%}, last {values[-1]:.3%}"
    svg = picture(drawn, WIDTH, HEIGHT, "scores", "Fidelity score by day", about)
    return svg.replace('class="picture"', 'class="picture score-line"', 1)


def floor_of(lowest: float) -> float:
    """The bottom of the scale: 1 less a power of ten, or 0, with room for the lowest value."""
    for span in (LEAST_SPAN, 0.01, 0.1):
        if 1 - lowest <= span:
            return 1 - span
    return 0.0


def _scale(pane: Pane) -> list[str]:
    drawn = []
    for value in (pane.low, (pane.low + 1) / 2, 1.0):
        y = pane.y(value)
        drawn.append(element("line", x1=pane.left, x2=pane.right, y1=y, y2=y))
        drawn.append(text(_percent(value), pane.left - 6, y + 4, text_anchor="end"))
    return drawn


def _dot(point: tuple[float, float], row: dict[str, Any]) -> str:
    label = element("title", f"{row['day']}: {_percent(float(row['score']), 3)}")
    return element("circle", label, cx=point[0], cy=point[1], r=2.5)


def _days(pane: Pane, scores: Sequence[dict[str, Any]]) -> list[str]:
    first = text(str(scores[0]["day"]), pane.left, HEIGHT - 8)
    if len(scores) == 1:
        return [first]
    return [first, text(str(scores[-1]["day"]), pane.right, HEIGHT - 8, text_anchor="end")]


def _percent(value: float, digits: int = 2) -> str:
    return f"{100 * value:.{digits}f}".rstrip("0").rstrip(".") + " %"
