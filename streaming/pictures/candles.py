"""Bars as a chart has them."""

from __future__ import annotations

from collections.abc import Sequence

from patterns.examples import Chart
from streaming.pictures.svg import Pane, element, short

WIDTH, HEIGHT, GUTTER, EDGE = 640.0, 300.0, 124.0, 6.0
SMALL_WIDTH, SMALL_HEIGHT = 200.0, 78.0


def candles(pane: Pane, bars: Chart) -> list[str]:
    """Rising bars hollow, falling ones filled: their direction can be read without colour."""
    made = []
    for name, chosen in (
        ("up", [(n, bar) for n, bar in enumerate(bars) if bar[3] >= bar[0]]),
        ("down", [(n, bar) for n, bar in enumerate(bars) if bar[3] < bar[0]]),
    ):
        if chosen:
            made.append(element("path", d="".join(_candle(pane, *c) for c in chosen), class_=name))
    return made


def _candle(pane: Pane, bar: int, values: Sequence[float]) -> str:
    x, half = pane.x(bar), min(pane.step * 0.34, 9.0)
    opened, high, low, closed = (pane.y(value) for value in values[:4])
    top, bottom = min(opened, closed), max(opened, closed)
    if bottom - top < 0.5:
        body = f"M{short(x - half)} {short(top)}h{short(2 * half)}"
    else:
        body = (
            f"M{short(x - half)} {short(top)}h{short(2 * half)}v{short(bottom - top)}"
            f"h{short(-2 * half)}z"
        )
    wicks = f"M{short(x)} {short(high)}V{short(top)}M{short(x)} {short(bottom)}V{short(low)}"
    return body + wicks


def volumes(pane: Pane, bars: Chart) -> list[str]:
    """One column a bar."""
    half = min(pane.step * 0.34, 9.0)
    columns = "".join(
        f"M{short(pane.x(n) - half)} {short(pane.bottom)}V{short(pane.y(bar[4]))}"
        f"h{short(2 * half)}V{short(pane.bottom)}z"
        for n, bar in enumerate(bars)
    )
    return [element("path", d=columns, class_="volume")]
