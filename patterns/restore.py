"""Stored detections into an engine that has just been warmed, all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from patterns.analysis import Detection, StoredLife
from patterns.life import CONFIRMED, FORMED, NEVER, STATE_NAMES
from patterns.matrix import BarWindow
from patterns.registry import Registry, UnknownDefinition
from patterns.views import Ints

if TYPE_CHECKING:
    from patterns.engine import LiveEngine

UNKNOWN_EXPIRES = 20
"""For a stored detection whose detector is switched off."""


def restore(engine: LiveEngine, stored: Sequence[StoredLife]) -> None:
    """Go on with stored detections, as they stood after the bars that `warm` has loaded.

    What came of them later, if it was stored, is found again. Give all that are open and, for
    the cool-downs, all that were found in the last bars.
    """
    known = {name: row for row, name in enumerate(engine.symbols)}
    items = [item for item in stored if item.detection.symbol in known]
    if not items:
        return
    rows = np.array([known[item.detection.symbol] for item in items], np.int64)
    times = np.array([item.detection.bar_time_ms for item in items], np.int64)
    last_ms = engine.window.last_ms(rows)
    bars = numbers_at(engine.window, rows, times)
    seen = [
        (item.detection, _told(item, last), row, bar)
        for item, last, row, bar in zip(
            items, last_ms.tolist(), rows.tolist(), bars.tolist(), strict=True
        )
        if item.detection.bar_time_ms <= last
    ]
    for detection, _, row, bar in seen:
        engine.cool_downs.note(row, detection.pattern_type, bar)
    _restore_open(engine, [entry for entry in seen if not _over(entry[1])])


Told = list[tuple[int, int]]
"""States of a life, each with the start of the bar that made it."""


def _told(item: StoredLife, last_ms: int) -> Told:
    return [(STATE_NAMES.index(state), ms) for state, ms in item.life if ms <= last_ms]


def _over(told: Told) -> bool:
    return bool(told) and told[-1][0] > CONFIRMED


def _restore_open(engine: LiveEngine, entries: list[tuple[Detection, Told, int, int]]) -> None:
    """Those that are formed or confirmed: a life that is not over has one entry at most."""
    if not entries:
        return
    detections, told, rows, bars = zip(*entries, strict=True)
    row = np.array(rows, np.int64)
    confirmed_ms = np.array([life[0][1] if life else NEVER for life in told], np.int64)
    confirmed = numbers_at(engine.window, row, confirmed_ms)
    is_confirmed = confirmed_ms != NEVER
    engine.open.restore(
        detections,
        row=row,
        bar=np.array(bars, np.int64),
        expires=np.array([_expires(engine.registry, found) for found in detections]),
        state=np.where(is_confirmed, CONFIRMED, FORMED),
        confirmed=np.where(is_confirmed, confirmed, NEVER),
        confirmed_ms=confirmed_ms,
    )


def numbers_at(window: BarWindow, rows: Ints, times: Ints) -> Ints:
    """The number of each row's last bar that starts at or before a time (Unix ms)."""
    after = np.zeros(len(rows), np.int64)
    for ago in range(window.depth):
        number = window.count[rows] - 1 - ago
        start = window.fields["time_ms"].reshape(-1)[window.at(rows, number)]
        later = (number >= 0) & (start > times)
        if not later.any():
            break
        after += later
    numbers: Ints = window.count[rows] - 1 - after
    return numbers


def _expires(registry: Registry, detection: Detection) -> int:
    try:
        return registry.detector(detection.pattern_type).expires
    except UnknownDefinition:
        return UNKNOWN_EXPIRES
