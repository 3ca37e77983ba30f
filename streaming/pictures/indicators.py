"""An indicator over a made-up market: on the candles where it is a price, below them if not."""

from __future__ import annotations

import math
from typing import Any

from patterns.catalogue import number_text
from patterns.demonstration import Demonstration
from streaming.pictures.candles import (
    EDGE,
    GUTTER,
    HEIGHT,
    SMALL_HEIGHT,
    SMALL_WIDTH,
    WIDTH,
    candles,
)
from streaming.pictures.svg import Pane, element, ornament, path, picture, spread, text, ticks

PANE_HEIGHT, PANE_GAP = 110.0, 10.0
COLOURS = 5


def indicator_picture(name: str, title: str, demonstration: Demonstration) -> str:
    """Candles with the outputs that are prices over them, and panes below for the others."""
    bars, outputs = demonstration.bars, demonstration.outputs
    over, below = split(demonstration)
    drawn = [value for n in over for value in outputs[n].tolist()]
    prices = [price for bar in bars for price in bar[1:3]]
    right, bottom = WIDTH - GUTTER / 2, HEIGHT - 80.0
    pane = Pane(EDGE, right, 8.0, bottom, len(bars), *spread([*prices, *drawn], 0.03))
    content = [*_scale(pane), *candles(pane, bars)]
    numbers = {output: n % COLOURS + 1 for n, output in enumerate(outputs)}
    content += [_output(pane, outputs[n], numbers[n]) for n in over]
    for group in below:
        values = [value for n in group for value in outputs[n].tolist()]
        top, bottom = bottom + PANE_GAP, bottom + PANE_GAP + PANE_HEIGHT
        pane = Pane(EDGE, right, top, bottom, len(bars), *spread(values))
        content += [*_frame(pane), *_scale(pane)]
        content += [_output(pane, outputs[n], numbers[n]) for n in group]
    places = f"over them: {', '.join(over)}. " if over else ""
    panes = "".join(f"Below: {', '.join(group)}. " for group in below)
    about = f"{len(bars)} made-up candles; {places}{panes}".strip()
    return picture(content, WIDTH, bottom + 6.0, name, f"{title}: an example", about)


def small_indicator(demonstration: Demonstration) -> str:
    """The outputs alone, over the closes where they are prices."""
    over, below = split(demonstration)
    names = over or below[0]
    lines = [demonstration.outputs[n].tolist() for n in names]
    closes = [bar[3] for bar in demonstration.bars] if over else []
    low, high = spread([*closes, *(value for line in lines for value in line)])
    bars = len(demonstration.bars)
    pane = Pane(2.0, SMALL_WIDTH - 2.0, 3.0, SMALL_HEIGHT - 3.0, bars, low, high)
    content = [pane.line(closes, class_="closes")] if over else []
    content += [pane.line(line, class_=f"output-{n % COLOURS + 1}") for n, line in enumerate(lines)]
    return ornament(content, SMALL_WIDTH, SMALL_HEIGHT)


def split(demonstration: Demonstration) -> tuple[list[str], list[list[str]]]:
    """The outputs that are prices, and the others in groups of one scale each."""
    prices = [price for bar in demonstration.bars for price in bar[1:3]]
    low, high = spread(prices, 0.4)
    over: list[str] = []
    below: list[list[str]] = []
    for name, values in demonstration.outputs.items():
        finite = [value for value in values.tolist() if math.isfinite(value)]
        if finite and low <= min(finite) and max(finite) <= high:
            over.append(name)
        else:
            _group(below, name, demonstration)
    return over, below


def _group(groups: list[list[str]], name: str, demonstration: Demonstration) -> None:
    """Into the first group whose values are of the same size."""
    size = _size(name, demonstration)
    for group in groups:
        other = _size(group[0], demonstration)
        if min(size, other) > 0.08 * max(size, other):
            group.append(name)
            return
    groups.append([name])


def _size(name: str, demonstration: Demonstration) -> float:
    values = demonstration.outputs[name].tolist()
    return max((abs(value) for value in values if math.isfinite(value)), default=0.0)


def _output(pane: Pane, values: Any, number: int) -> str:
    return pane.line(values.tolist(), class_=f"output-{number}")


def _frame(pane: Pane) -> list[str]:
    width, height = pane.right - pane.left, pane.bottom - pane.top
    rectangle = {"x": pane.left, "y": pane.top, "width": width, "height": height}
    return [element("rect", class_="pane", **rectangle)]


def _scale(pane: Pane) -> list[str]:
    made = []
    for value in ticks(pane.low, pane.high):
        y = pane.y(value)
        made.append(element("path", d=path([(pane.left, y), (pane.right, y)]), class_="grid"))
        made.append(text(_tick(value), pane.right + 5.0, y + 5.0, class_="label tick"))
    return made


def _tick(value: float) -> str:
    for unit, letter in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= unit:
            return f"{number_text(round(value / (1e3 if letter == 'k' else unit), 2))}{letter}"
    return number_text(value)
