"""A pattern on its example: its bars, lines, pivots and levels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any

from patterns.analysis import Detection
from patterns.catalogue import number_text, words_of
from patterns.demonstration import Demonstration
from patterns.examples import Chart
from streaming.pictures.candles import (
    EDGE,
    GUTTER,
    HEIGHT,
    SMALL_HEIGHT,
    SMALL_WIDTH,
    WIDTH,
    candles,
    volumes,
)
from streaming.pictures.svg import Pane, apart, element, ornament, path, picture, spread, text

VOLUME_HEIGHT, LABEL_HEIGHT = 46.0, 23.0
BEFORE, SMALL_BEFORE = 14, 8
LEVELS = ("target", "trigger", "stop")


@dataclass(frozen=True, slots=True)
class Shown:
    """A pattern's example, cut to the bars around what is drawn."""

    bars: Chart
    start: int
    times_ms: tuple[int, ...]
    detection: Detection | None

    @property
    def data(self) -> dict[str, Any]:
        """The detection's `pattern_data`; empty without one."""
        return {} if self.detection is None else self.detection.pattern_data

    @property
    def own(self) -> list[int]:
        """The numbers of the pattern's own bars."""
        return [n for time_ms in self.data.get("bars", ()) if (n := self.at(time_ms)) >= 0]

    @property
    def levels(self) -> dict[str, float]:
        """Target, trigger and stop."""
        found: dict[str, float] = self.data.get("levels", {})
        return {name: found[name] for name in LEVELS if name in found}

    @property
    def pivots(self) -> dict[str, tuple[int, float]]:
        """Each pivot's bar and price."""
        found = self.data.get("geometry", {}).get("pivots", {})
        return {name: (self.at(time_ms), price) for name, (time_ms, price) in found.items()}

    @property
    def lines(self) -> dict[str, list[tuple[int, float]]]:
        """Each line's two ends."""
        found = self.data.get("geometry", {}).get("lines", {})
        return {
            name: [(self.at(time_ms), price) for time_ms, price in ends]
            for name, ends in found.items()
        }

    @property
    def points(self) -> list[tuple[int, float]]:
        """Every point that is drawn: bar and price."""
        return [*self.pivots.values(), *chain.from_iterable(self.lines.values())]

    def at(self, time_ms: float) -> int:
        """The number of the bar that starts then, -1 where it is not shown."""
        found = self.times_ms.index(int(time_ms)) if time_ms in self.times_ms else -1
        return found - self.start

    def prices(self) -> list[float]:
        """All that the picture must have room for."""
        drawn = [price for _, price in self.points]
        return [*(p for bar in self.bars for p in bar[1:3]), *drawn, *self.levels.values()]


def cut(demonstration: Demonstration, before: int) -> Shown:
    """From `before` bars before the first that matters: the pattern's own, a pivot, a line."""
    whole = Shown(demonstration.bars, 0, demonstration.times_ms, demonstration.detection)
    drawn = [*whole.own, *(bar for bar, _ in whole.points)]
    start = max(0, min(drawn, default=0) - before)
    return Shown(whole.bars[start:], start, whole.times_ms, whole.detection)


def pattern_picture(name: str, title: str, demonstration: Demonstration) -> str:
    """The example with the pattern's bars, lines, pivots and levels."""
    shown = cut(demonstration, BEFORE)
    tells = _volume_tells(shown.bars)
    right = WIDTH - (GUTTER if shown.levels else EDGE)
    room = len(shown.bars) + len(shown.bars) // 8 + 1  # for what comes after it
    edge = LABEL_HEIGHT + 9.0 if shown.pivots else 16.0
    pane = Pane(EDGE, right, edge, HEIGHT - edge, room, *spread(shown.prices(), 0.02))
    content = [*_own_bars(pane, shown), *_levels(pane, shown), *candles(pane, shown.bars)]
    content += [*_lines(pane, shown), *_pivots(pane, shown)]
    height = HEIGHT
    if tells:
        height += VOLUME_HEIGHT
        most = max(bar[4] for bar in shown.bars)
        strip = Pane(EDGE, right, HEIGHT, height, pane.bars, 0.0, most)
        content += volumes(strip, shown.bars)
    about = _about_pattern(shown)
    return picture(content, WIDTH, height, name, f"{title}: an example", about)


def small_pattern(demonstration: Demonstration) -> str:
    """The same, to be known at a glance."""
    shown = cut(demonstration, SMALL_BEFORE)
    prices = [price for bar in shown.bars for price in bar[1:3]]
    pane = Pane(2.0, SMALL_WIDTH - 2.0, 3.0, SMALL_HEIGHT - 3.0, len(shown.bars), *spread(prices))
    content = [*_own_bars(pane, shown), *candles(pane, shown.bars), *_lines(pane, shown)]
    return ornament(content, SMALL_WIDTH, SMALL_HEIGHT)


def _volume_tells(bars: Chart) -> bool:
    found = [bar[4] for bar in bars]
    return max(found) > 1.2 * min(found)


def _own_bars(pane: Pane, shown: Shown) -> list[str]:
    if not shown.own:
        return []
    left = pane.x(min(shown.own)) - pane.step / 2
    width = pane.x(max(shown.own)) + pane.step / 2 - left
    top, height = pane.top - 2.0, pane.bottom - pane.top + 4.0
    return [element("rect", x=left, y=top, width=width, height=height, class_="own")]


def _levels(pane: Pane, shown: Shown) -> list[str]:
    if not shown.levels:
        return []
    heights = [pane.y(price) for price in shown.levels.values()]
    labels = apart([height + 5.0 for height in heights], LABEL_HEIGHT)
    made = []
    for (name, price), y, label in zip(shown.levels.items(), heights, labels, strict=True):
        start = pane.x(min(shown.own, default=0)) - pane.step / 2
        made.append(element("path", d=path([(start, y), (pane.right + 6, y)]), class_=name))
        words = f"{name.capitalize()} {number_text(round(price, 2))}"
        made.append(text(words, WIDTH - EDGE, label, class_=f"label {name}", text_anchor="end"))
    return made


def _lines(pane: Pane, shown: Shown) -> list[str]:
    made = []
    for name, ends in shown.lines.items():
        points = [(pane.x(bar), pane.y(price)) for bar, price in ends]
        title = element("title", words_of(name))
        made.append(element("path", title, d=path(points), class_="drawn"))
    return made


def _pivots(pane: Pane, shown: Shown) -> list[str]:
    made = []
    for name, (bar, price) in shown.pivots.items():
        x, y = pane.x(bar), pane.y(price)
        made.append(element("circle", cx=x, cy=y, r=4.0, class_="pivot"))
        inside = 0 <= bar < len(shown.bars)
        above = not inside or price >= sum(shown.bars[bar][1:3]) / 2
        anchor = "end" if x > pane.right - 40 else "start" if x < 40 else "middle"
        height = y - 10.0 if above else y + 22.0
        made.append(text(words_of(name), x, height, class_="label", text_anchor=anchor))
    return made


def _about_pattern(shown: Shown) -> str:
    said = f"{len(shown.bars)} made-up candles."
    if shown.detection is None:
        return said
    own = len(shown.own)
    said += " The last one makes" if own == 1 else f" The last {own} make"
    share = round(100 * shown.detection.confidence)
    said += f" the pattern, {shown.detection.direction}, with a confidence of {share} %."
    prices = ", ".join(f"{name} {number_text(round(p, 2))}" for name, p in shown.levels.items())
    return f"{said} {prices.capitalize()}." if prices else said
