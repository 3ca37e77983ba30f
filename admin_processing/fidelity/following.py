"""The last unit of both night phases: indicators and detections follow from changed bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from admin_processing.fidelity import clock, reanalysis, settled
from admin_processing.fidelity.reanalysis import Made
from admin_processing.runs.phase import ChunkPlan, Work
from market.calendar import configured_calendar

FOLLOWING, TOLD = "following", "told"
UNIT = {"name": "indicators and detections of changed minutes", "kind": FOLLOWING, "size": 0}


def plan(stage: int) -> ChunkPlan:
    """One piece: ranks are among all symbols, so they are gone through together."""
    return ChunkPlan([UNIT], stage)


def only_told(why: str) -> list[ChunkPlan]:
    """Nothing is to be done, and the log says why."""
    return [ChunkPlan([{"name": "nothing to do", "kind": TOLD, "size": 0, "why": why}])]


def do(unit: Mapping[str, Any], work: Work) -> bool:
    """Do such a unit; False where it is of another kind. Raises Interrupted."""
    if unit["kind"] == TOLD:
        work.log(str(unit["why"]))
        work.done()
    elif unit["kind"] == FOLLOWING:
        _follow(unit, work)
    else:
        return False
    return True


def _follow(unit: Mapping[str, Any], work: Work) -> None:
    hours, now_ms = configured_calendar(), clock.now_ms()
    until_ms = settled.settled_until(hours, now_ms)

    def done(made: Made) -> None:
        work.done(rows=made.rows, symbol=str(unit["name"]))

    # What goes on remembers the bars as they were: its session is gone through when it is over.
    left_ms = until_ms if until_ms < now_ms else None
    made = reanalysis.analyse_again(until_ms, left_ms, hours, work.checkpoint, done)
    if made is None:
        work.done()
        return
    told = f"{made.indicator_rows} rows of indicators, {made.formed} formed, {made.revised} revised"
    work.log(f"{unit['name']}: {told}")
