"""What a detector says of a small chart's last bar."""

from __future__ import annotations

from patterns.analysis import Detection
from patterns.definitions import Detector
from patterns.engine import LiveEngine
from patterns.evaluate import quiet
from patterns.examples import Chart
from patterns.history import HistoryView
from patterns.matrix import BarMatrix
from patterns.registry import Registry, standard
from tests.patterns.bars import HOUR, MINUTE, as_matrix, minute, session_start

TEN = 10 * HOUR


def last_detection(chart: Chart, pattern: str | Detector) -> Detection | None:
    """The detection on the last bar, as the live engine makes it."""
    live = LiveEngine(["A"], Registry([], [detector_of(pattern)]), session_start)
    for number, bar in enumerate(chart):
        analysis = live.close(minute(TEN + number * MINUTE, {0: bar}))
    return next(iter(analysis.found), None)


def last_strength(chart: Chart, pattern: str | Detector) -> int:
    """What `find` says of the last bar, kept or not."""
    with quiet():
        return int(detector_of(pattern).strength(HistoryView(chart_matrix(chart)))[0, -1])


def chart_matrix(chart: Chart) -> BarMatrix:
    """The chart as one symbol's history."""
    return as_matrix(
        [minute(TEN + number * MINUTE, {0: bar}) for number, bar in enumerate(chart)], ["A"]
    )


def detector_of(pattern: str | Detector) -> Detector:
    """The registered detector of this name."""
    return standard().detector(pattern) if isinstance(pattern, str) else pattern


def mirrored(chart: Chart, about: float = 50.0) -> Chart:
    """The chart upside down: what rose by a point falls by one."""
    top = 2.0 * about
    return tuple((top - o, top - low, top - high, top - c, v) for o, high, low, c, v in chart)
