"""The fidelity score by day, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from streaming.pictures.svg import Pane, element, path, short

WIDTH, HEIGHT, MARGIN = 1000.0, 100.0, 6.0


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A line through the scores. svg: markup that is stretched to its place; labels: of the scale,
    from the top; first, last: its days; about: what a screen reader says of it."""

    svg: str
    labels: tuple[str, str, str]
    first: date
    last: date
    about: str


def score_line(scores: Sequence[dict[str, Any]]) -> ScoreLine | None:
    """Of days, oldest first, each {day, score, …}; None without any.

    The scale ends at 1, and begins at a round figure below the lowest.
    """
    if not scores:
        return None
    values = [float(row["score"]) for row in scores]
    low = floor_of(min(values))
    pane = Pane(0, WIDTH, MARGIN, HEIGHT - MARGIN, len(values), low, 1.0)
    points = [(pane.x(bar), pane.y(value)) for bar, value in enumerate(values)]
    drawn = [_level(pane, value) for value in (1.0, (1 + low) / 2, low)]
    drawn.append(element("path", d=path(points)))
    drawn += [_dot(point, row) for point, row in zip(points, scores, strict=True)]
    return ScoreLine(
        element(
            "svg",
            *drawn,
            viewBox=f"0 0 {short(WIDTH)} {short(HEIGHT)}",
            preserveAspectRatio="none",
            aria_hidden="true",
        ),
        (percent(1.0), percent((1 + low) / 2), percent(low)),
        scores[0]["day"],
        scores[-1]["day"],
        f"From {percent(min(values))} to {percent(max(values))}, last {percent(values[-1])}",
    )


def floor_of(lowest: float) -> float:
    """The bottom of the scale: 1 less a power of ten, or 0, with room for the lowest score."""
    return next((1 - span for span in (0.001, 0.01, 0.1) if 1 - lowest <= span), 0.0)


def percent(score: float) -> str:
    """A share of one, in percent to the thousandth."""
    return f"{100 * score:.3f}".rstrip("0").rstrip(".") + " %"


def _level(pane: Pane, value: float) -> str:
    return element("line", x1=0, x2=WIDTH, y1=pane.y(value), y2=pane.y(value))


def _dot(point: tuple[float, float], row: dict[str, Any]) -> str:
    """A stroke of no length: its round ends stay round however the picture is stretched."""
    label = element("title", f"{row['day']}: {percent(float(row['score']))}")
    return element("path", label, class_="dot", d=f"M{short(point[0])} {short(point[1])}h0")
