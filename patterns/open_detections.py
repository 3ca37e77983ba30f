"""The detections of the live minute that are not over, as columns; and what is cooling down.

Bounded: a detection leaves some bars after it has ended, and every one ends (`expires`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterns.analysis import Detection, Hits, LifeChange
from patterns.levels import Levels
from patterns.life import CONFIRMED, EXPIRED, FORMED, NEVER, Closed, entries, next_state
from patterns.views import BarView, Bools, Ints

DIRECTIONS = {"bullish": 1, "bearish": -1, "neutral": 0}
NO_LEVELS = dict.fromkeys(("trigger", "stop", "target", "slope"), np.nan)
COLUMNS: dict[str, Any] = {
    "row": np.int64,
    "bar": np.int64,
    "direction": np.int8,
    "trigger": np.float64,
    "stop": np.float64,
    "target": np.float64,
    "slope": np.float64,
    "expires": np.int64,
    "state": np.int8,
    "confirmed": np.int64,
    "confirmed_ms": np.int64,
    "ended": np.int64,
    "ended_ms": np.int64,
    "detection": object,
}


def _columns_of(hits: Hits, detections: Sequence[Detection]) -> dict[str, NDArray[Any]]:
    found = np.empty(len(hits), object)
    found[:] = detections
    levels = hits.levels.rounded()
    return {
        "row": hits.row,
        "bar": hits.bar,
        "direction": hits.direction,
        "trigger": levels.trigger,
        "stop": levels.stop,
        "target": levels.target,
        "slope": levels.slope,
        "expires": np.full(len(hits), hits.detector.expires),
        "detection": found,
    }


class OpenDetections:
    """Detections whose life goes on, and those that ended a few bars ago."""

    def __init__(self) -> None:
        self._columns: dict[str, NDArray[Any]] = {
            name: np.zeros(0, kind) for name, kind in COLUMNS.items()
        }

    def __len__(self) -> int:
        return len(self._columns["row"])

    def __getattr__(self, name: str) -> NDArray[Any]:
        try:
            return self.__dict__["_columns"][name]
        except KeyError:
            raise AttributeError(name) from None

    def add(self, found: Sequence[tuple[Hits, Sequence[Detection]]]) -> None:
        """Take in what the detectors have just found."""
        if not found:
            return
        blocks = [_columns_of(hits, detections) for hits, detections in found]
        joined = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
        self._append(len(joined["row"]), **joined)

    def restore(self, detections: Sequence[Detection], **columns: NDArray[Any]) -> None:
        """Take in stored ones. columns: `row`, `bar`, `expires`, and what their lives have come to.

        Direction and levels are those of the detections.
        """
        found = np.empty(len(detections), object)
        found[:] = detections
        stored = [detection.pattern_data.get("levels") or NO_LEVELS for detection in detections]
        levels = {
            name: np.array([item.get(name, 0.0) for item in stored])
            for name in ("trigger", "stop", "target", "slope")
        }
        direction = np.array([DIRECTIONS[detection.direction] for detection in detections])
        self._append(len(found), detection=found, direction=direction, **levels, **columns)

    def _append(self, count: int, **given: NDArray[Any]) -> None:
        never = ("confirmed", "confirmed_ms", "ended", "ended_ms")
        for name, kind in COLUMNS.items():
            new = given.get(name, np.full(count, NEVER if name in never else FORMED))
            self._columns[name] = np.concatenate([self._columns[name], new.astype(kind)])

    def advance(self, view: BarView, room: int) -> list[LifeChange]:
        """One more closed bar for each row of the view; what has changed by it."""
        place = np.full(room, NEVER, np.int64)
        place[view.rows] = np.arange(len(view.rows))
        at = place[self.row]
        on = np.flatnonzero((at != NEVER) & (self.state <= CONFIRMED))
        number = view.count[at[on]] - 1
        later = number > self.bar[on]
        on, number = on[later], number[later]
        if not len(on):
            return []
        at = at[on]
        age = number - self.bar[on]
        bar = Closed(age, view.close[0][at], view.high[0][at], view.low[0][at])
        before = self.state[on]
        after = next_state(before, self.direction[on], self._levels(on), self.expires[on], bar)
        changed = after != before
        self._note(on[changed], after[changed], number[changed], view.time_ms[0][at[changed]])
        return self.changes(on[changed])

    def _levels(self, on: Ints) -> Levels:
        return Levels(self.trigger[on], self.stop[on], self.target[on], self.slope[on])

    def _note(self, on: Ints, state: NDArray[np.int8], number: Ints, time_ms: Ints) -> None:
        self.state[on] = state
        for part, chosen in (("confirmed", state == CONFIRMED), ("ended", state != CONFIRMED)):
            self._columns[part][on[chosen]] = number[chosen]
            self._columns[f"{part}_ms"][on[chosen]] = time_ms[chosen]

    def changes(self, on: Ints) -> list[LifeChange]:
        """How the chosen ones stand."""
        columns = (self.detection, self.state, self.confirmed_ms, self.ended_ms)
        rows = zip(*(column[on].tolist() for column in columns), strict=True)
        return [
            LifeChange(detection, entries(state, confirmed_ms, ended_ms))
            for detection, state, confirmed_ms, ended_ms in rows
        ]

    def end(self, rows: Ints, room: int, number: Ints, time_ms: int) -> list[LifeChange]:
        """All that is open of these rows is over, as if it had expired on bar `number[row]`."""
        on = self.of_rows(rows, room)
        on = on[self.state[on] <= CONFIRMED]
        over = np.full(len(on), EXPIRED, np.int8)
        self._note(on, over, number[self.row[on]], np.full(len(on), time_ms))
        return self.changes(on)

    def of_rows(self, rows: Ints, room: int) -> Ints:
        """Where the detections of these rows are."""
        touched = np.zeros(room, np.bool_)
        touched[rows] = True
        return np.flatnonzero(touched[self.row])

    def rewind(self, first: Ints) -> None:
        """Forget all that came of each row's bars from number `first[row]` on."""
        limit = first[self.row]
        ended, confirmed = self.ended >= limit, self.confirmed >= limit
        self.state[ended] = np.where(self.confirmed[ended] == NEVER, FORMED, CONFIRMED)
        self.state[confirmed] = FORMED
        for part, undone in (("ended", ended), ("confirmed", confirmed)):
            self._columns[part][undone] = NEVER
            self._columns[f"{part}_ms"][undone] = NEVER
        self._keep(self.bar < limit)

    def forget(self, count: Ints, kept_bars: int) -> None:
        """Let go of those that ended more than `kept_bars` bars ago: no revision reaches them."""
        self._keep((self.ended == NEVER) | (self.ended >= count[self.row] - kept_bars))

    def drop_rows(self, rows: Ints, room: int) -> None:
        """Let go of all of these rows."""
        kept = np.ones(len(self), np.bool_)
        kept[self.of_rows(rows, room)] = False
        self._keep(kept)

    def _keep(self, kept: Bools) -> None:
        if not kept.all():
            self._columns = {name: column[kept] for name, column in self._columns.items()}


class CoolDowns:
    """When each symbol last had a detection of each pattern, as far back as a cool-down reaches."""

    def __init__(self, kept_bars: int) -> None:
        self._kept_bars = kept_bars
        self._seen: dict[int, dict[str, list[int]]] = defaultdict(dict)

    def note(self, row: int, pattern_type: str, bar: int) -> None:
        """A detection that is known already."""
        self._seen[row].setdefault(pattern_type, []).append(bar)

    def keep(self, hits: Hits) -> Bools:
        """Which of a detector's hits, on one bar a row, are detections; they are noted."""
        detector = hits.detector
        kept = np.ones(len(hits), np.bool_)
        if detector.cool_down == 0:
            return kept
        name, cool_down = detector.pattern_type, detector.cool_down
        for place, (row, bar) in enumerate(zip(hits.row.tolist(), hits.bar.tolist(), strict=True)):
            seen = self._seen[row].setdefault(name, [])
            if seen and bar - seen[-1] <= cool_down:
                kept[place] = False
            else:
                seen[:] = [at for at in seen if bar - at <= cool_down + self._kept_bars]
                seen.append(bar)
        return kept

    def rewind(self, rows: Ints, first: Ints) -> None:
        """Forget each row's detections from bar `first` on."""
        for row, limit in zip(rows.tolist(), first.tolist(), strict=True):
            for seen in self._seen.get(row, {}).values():
                seen[:] = [at for at in seen if at < limit]

    def drop_rows(self, rows: Ints) -> None:
        """Forget all of these rows."""
        for row in rows.tolist():
            self._seen.pop(row, None)
