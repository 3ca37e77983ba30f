"""Detections on made-up charts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from patterns.analysis import Detection
from patterns.engine import LiveEngine
from patterns.examples import Chart
from patterns.registry import Registry, standard
from tests.patterns.bars import HOUR, MINUTE, minute, session_start

START = 10 * HOUR


def found(pattern_type: str, chart: Chart, **values: float) -> list[Detection]:
    """Every detection of the pattern on the chart, bar by bar; `values` are its parameters."""
    part = standard().only([], [pattern_type])
    detector = part.detectors[0].with_parameters(values)
    live = LiveEngine(["A"], Registry(part.indicators, [detector]), session_start)
    made = []
    for number, bar in enumerate(chart):
        made += live.close(minute(START + number * MINUTE, {0: bar})).found
    return made


def bar_of(time_ms: float) -> int:
    """The number of the bar that starts then."""
    return int(time_ms - START) // MINUTE


def pivots_of(detection: Detection) -> dict[str, tuple[int, float]]:
    """Each pivot as (bar number, price)."""
    points = detection.pattern_data["geometry"]["pivots"]
    return {name: (bar_of(time), price) for name, (time, price) in points.items()}


def lines_of(detection: Detection) -> dict[str, tuple[tuple[int, float], tuple[int, float]]]:
    """Each line as two of (bar number, price)."""
    lines = detection.pattern_data["geometry"]["lines"]
    return {
        name: tuple((bar_of(time), price) for time, price in ends) for name, ends in lines.items()
    }


def levels_of(detection: Detection) -> list[float]:
    """Trigger, stop, target, and the trigger's slope."""
    levels = detection.pattern_data["levels"]
    return [levels["trigger"], levels["stop"], levels["target"], levels.get("slope", 0.0)]


def upside_down(turns: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The same turns, mirrored at 110."""
    return [(bar, 220.0 - close) for bar, close in turns]


def mirrored(price: float) -> float:
    """A price after `upside_down`."""
    return 220.0 - price


def with_volume(chart: Chart, bars: Iterable[int], volume: float) -> Chart:
    """The chart with another volume on these bars."""
    chosen = set(bars)
    return tuple((*bar[:4], volume if n in chosen else bar[4]) for n, bar in enumerate(chart))
