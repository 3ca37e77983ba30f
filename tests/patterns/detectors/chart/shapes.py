"""What the detector of a shape says of a small chart: which points, which levels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from patterns.analysis import Detection
from patterns.definitions import Detector
from patterns.engine import LiveEngine
from patterns.examples import Chart
from patterns.registry import Registry, standard
from tests.patterns.bars import HOUR, MINUTE, minute, session_start

START = 10 * HOUR
Turns = list[tuple[int, float]]


@dataclass(frozen=True)
class NearMiss:
    """A way that is nearly the shape, and the rule, a parameter or a constant, that it breaks."""

    why: str
    turns: Turns
    parameters: dict[str, float] = field(default_factory=dict)
    constants: tuple[tuple[Any, str, Any], ...] = ()

    def __str__(self) -> str:
        return self.why

    def relax(self, detector: Detector, monkeypatch: pytest.MonkeyPatch) -> Detector:
        """The detector without the rule."""
        for module, name, value in self.constants:
            monkeypatch.setattr(module, name, value)
        return detector.with_parameters({"min_confidence": 0.0, **self.parameters})


def assert_a_near_miss(
    miss: NearMiss,
    chart: Callable[[Turns], Chart],
    detector: Detector,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not found by the rule, whatever the confidence, and found without the rule."""
    loose = detector.with_parameters({"min_confidence": 0.0})
    assert detections(chart(miss.turns), loose) == []
    if miss.parameters or miss.constants:
        assert last(chart(miss.turns), miss.relax(detector, monkeypatch)) is not None


def detections(chart: Chart, detector: Detector) -> list[tuple[int, Detection]]:
    """All that is detected, bar by bar: (number of the bar, detection)."""
    indicators = standard().only(pattern_types=[detector.pattern_type]).indicators
    live = LiveEngine(["A"], Registry(indicators, [detector]), session_start)
    made = []
    for number, bar in enumerate(chart):
        analysis = live.close(minute(START + number * MINUTE, {0: bar}))
        made += [(number, detection) for detection in analysis.found]
    return made


def last(chart: Chart, detector: Detector) -> Detection | None:
    """The detection on the last bar."""
    return next((d for number, d in detections(chart, detector) if number == len(chart) - 1), None)


def pivots(detection: Detection) -> list[tuple[int, float]]:
    """Its pivots: (number of the bar, price)."""
    found = detection.pattern_data["geometry"]["pivots"].values()
    return [(int(ms - START) // MINUTE, price) for ms, price in found]


def line(detection: Detection, name: str) -> list[tuple[int, float]]:
    """A line's ends: (number of the bar, price)."""
    found = detection.pattern_data["geometry"]["lines"][name]
    return [(int(ms - START) // MINUTE, price) for ms, price in found]


def levels(detection: Detection) -> tuple[float, float, float, float]:
    """Trigger, stop, target and slope."""
    found = detection.pattern_data["levels"]
    return found["trigger"], found["stop"], found["target"], found.get("slope", 0.0)


def upside_down(turns: Turns) -> Turns:
    """The same way mirrored about 60."""
    return [(bar, 120.0 - price) for bar, price in turns]


def traded(chart: Chart, volumes: dict[int, float]) -> Chart:
    """The chart with another volume from each of these bars on."""
    made, volume = [], 100.0
    for number, bar in enumerate(chart):
        volume = volumes.get(number, volume)
        made.append((*bar[:4], volume))
    return tuple(made)
