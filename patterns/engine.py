"""The live engine: bars of a minute in, indicators and detections out.

It keeps each symbol's last bars and the recursions' states after each of the last bars, so
that a late revision recomputes its symbols from the revised bar on and nothing else. It is a
deterministic function of what it is given: no clock, no database.

Only closed bars come in. A closed bar may be partial (the stream started within its minute): it is
analysed like any other, since its symbol's next bars need it, and a detection that has a partial
bar among its own says so in its data. When the bar is healed, the revision sets it right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterns.analysis import Detection, Hits, MinuteAnalysis, find_hits
from patterns.evaluate import advance, quiet
from patterns.history import HistoryView
from patterns.matrix import BarMatrix, BarWindow, MinuteBars, SessionStart, WindowView
from patterns.open_detections import CoolDowns, OpenDetections
from patterns.ranks import LiveRanks
from patterns.registry import Registry
from patterns.views import FLOAT_FIELDS, BarView, Floats, Given, Ints, Values

TIMEFRAME = "1m"
REVISABLE_MINUTES = 17
"""A revision may reach this far back: the 16 closed minutes, and one more."""
WARM_BARS = 500
"""Bars that make a recursion forget its start: (1 - 2 / 51) ** 500 is 2e-9 of what it was off."""


UNTOUCHED = np.iinfo(np.int64).max


def nothing_given(rows: Ints, time_ms: int) -> Given:
    """For an engine that stands alone: no value comes from other timeframes."""
    return {}


class LiveEngine:
    """Indicators and detectors of a growing list of symbols; row i is `symbols[i]`.

    symbols: the feed's list of names, which may grow at its end.
    session_start: the start (Unix ms) of the session that a bar time (Unix ms) belongs to.
    revisable: how many of a symbol's bars back a revision may reach.
    given(rows, time_ms): what other timeframes know before a bar that starts at `time_ms`, by the
        names of `patterns.context`.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        registry: Registry,
        session_start: SessionStart,
        timeframe: str = TIMEFRAME,
        revisable: int = REVISABLE_MINUTES,
        given: Callable[[Ints, int], Given] = nothing_given,
    ) -> None:
        self.symbols = symbols
        self.registry = registry.for_timeframe(timeframe)
        self.session_start = session_start
        self.timeframe = timeframe
        self.revisable = revisable
        self.open = OpenDetections()
        self._kept = revisable + 1
        self._given = given
        self.window = BarWindow(self.registry.lookback + self._kept)
        self._states: Floats = np.zeros((self._kept, self.registry.states, 0))
        self.cool_downs = CoolDowns(self._kept)
        shown = [self.registry.outputs.index(name) for name in self.registry.shown]
        self._shown = np.array(shown, np.intp)
        self._ranks = LiveRanks(self.registry, self._kept)

    def fits(self, registry: Registry) -> bool:
        """Whether the window holds the bars that these definitions read."""
        chosen = registry.for_timeframe(self.timeframe)
        deep = chosen.lookback + self._kept <= self.window.depth
        return deep and chosen.outputs == self.registry.outputs

    def use(self, registry: Registry) -> None:
        """Go on with other detectors, which `fits`.

        What is open stays open: it follows the levels that it was found with.
        """
        self.registry = registry.for_timeframe(self.timeframe)

    def warm(self, history: BarMatrix) -> None:
        """Replace what is known of `history.symbols` by their stored bars.

        Give at least `WARM_BARS` bars a symbol, or all there are, and every bar of the session
        under way: then detections equal those of an engine that never stopped. Bars must be
        closed and analysed before; symbols that are not in the list are left out.
        """
        known = {name: row for row, name in enumerate(self.symbols)}
        chosen = [i for i, name in enumerate(history.symbols) if name in known]
        rows = np.array([known[history.symbols[i]] for i in chosen], np.int64)
        if not len(rows):
            return
        self.grow()
        matrix = history if len(chosen) == len(history.symbols) else history.take(chosen)
        self.open.drop_rows(rows, self.window.room)
        self.cool_downs.drop_rows(rows)
        self.window.load(rows, matrix)
        self._rebuild_states(rows, matrix)

    def _rebuild_states(self, rows: Ints, matrix: BarMatrix) -> None:
        """The states after each of the last bars, by going through all of them."""
        self._states[:, :, rows] = np.nan
        recursive = [i for i in self.registry.indicators if i.states]
        view = HistoryView(matrix)
        states = np.full((self.registry.states, len(rows)), np.nan)
        with quiet():
            for bar in range(matrix.bars):
                moment = view.moment(bar)
                has = moment.count > 0
                _, states = advance(recursive, moment, states)
                states[:, ~has] = np.nan
                if bar >= matrix.bars - self._kept:
                    self._keep_states(rows[has], moment.count[has] - 1, states[:, has])

    def end_open(self, rows: Ints, time_ms: int) -> MinuteAnalysis:
        """End what is open of these symbols: their shares are other ones from `time_ms` on."""
        changes = self.open.end(rows, self.window.room, self.window.count - 1, time_ms)
        return MinuteAnalysis(
            bar_time_ms=time_ms,
            timeframe=self.timeframe,
            symbols=self.symbols,
            row=np.zeros(0, np.int64),
            names=self.registry.shown,
            values=np.zeros((0, len(self.registry.shown))),
            hits=(),
            changes=tuple(changes),
        )

    def close(self, bars: MinuteBars) -> MinuteAnalysis:
        """Append one closed bar to each of its symbols, and analyse them.

        Raises ValueError where a symbol has this minute or a later one already.
        """
        self.grow()
        rows = np.asarray(bars.symbol_id, np.int64)
        late = self.window.last_ms(rows) >= bars.minute_ms
        if late.any():
            name = self.symbols[int(rows[late][0])]
            raise ValueError(
                f"close({bars.minute_ms}): {name} has a bar of this minute or a later one; "
                "late bars go to revise"
            )
        number = self.window.append(rows, self._columns(bars))
        return self._analyse(bars.minute_ms, rows, number, revision=False)

    def revise(self, minutes: Sequence[MinuteBars]) -> list[MinuteAnalysis]:
        """Replace bars of past minutes, or add them, and analyse their symbols from there on.

        Returns one analysis a minute that has changed bars or bars after them, in time order.
        Raises ValueError where a bar lies further back than the engine remembers.
        """
        return self.analyse_from(self.put(minutes))

    def put(self, minutes: Sequence[MinuteBars]) -> Ints:
        """Replace or add bars alone; the number of each row's first that has changed."""
        self.grow()
        first = np.full(self.window.room, UNTOUCHED, np.int64)
        for bars in sorted(minutes, key=lambda bars: bars.minute_ms):
            rows = np.asarray(bars.symbol_id, np.int64)
            number = self._put(rows, bars)
            first[rows] = np.minimum(first[rows], number)
        return first

    def analyse_from(self, first: Ints) -> list[MinuteAnalysis]:
        """Analyse each row from bar `first` on, as if nothing had been known of it."""
        touched = np.flatnonzero(first < UNTOUCHED)
        self.open.rewind(first)
        self.cool_downs.rewind(touched, first[touched])
        made = self._replay(touched, first[touched])
        return self._with_all_changes(made, touched)

    def _with_all_changes(self, made: list[MinuteAnalysis], touched: Ints) -> list[MinuteAnalysis]:
        """How all detections of the revised symbols stand: also those that went back a state."""
        if not made:
            return made
        changes = self.open.changes(self.open.of_rows(touched, self.window.room))
        return [*made[:-1], replace(made[-1], changes=tuple(changes))]

    def _put(self, rows: Ints, bars: MinuteBars) -> Ints:
        """Replace or insert one bar a row; returns their numbers."""
        after, exact = self.window.bars_after(rows, bars.minute_ms, self._kept)
        if np.any(after >= self._kept - exact):
            name = self.symbols[int(rows[after >= self._kept - exact][0])]
            raise ValueError(
                f"revise({bars.minute_ms}): more than {self.revisable} bars of {name} are later; "
                "warm the engine anew"
            )
        columns = self._columns(bars)
        number = self.window.count[rows] - after
        for chosen, put in ((exact, self._replace), (~exact, self._insert)):
            picked = {name: _pick(values, chosen) for name, values in columns.items()}
            number[chosen] = put(rows[chosen], after[chosen], picked)
        return number

    def _replace(self, rows: Ints, after: Ints, columns: dict[str, Any]) -> Ints:
        number = self.window.count[rows] - 1 - after
        self.window.write(rows, number, columns)
        return number

    def _insert(self, rows: Ints, after: Ints, columns: dict[str, Any]) -> Ints:
        return self.window.insert(rows, after, columns)

    def _replay(self, rows: Ints, number: Ints) -> list[MinuteAnalysis]:
        """Analyse each row's bars from `number` to its latest, minute by minute."""
        made: list[MinuteAnalysis] = []
        number = number.copy()
        while True:
            open_rows = number < self.window.count[rows]
            rows, number = rows[open_rows], number[open_rows]
            if not len(rows):
                return made
            times = WindowView(self.window, rows, number).time_ms[0]
            now = times == times.min()
            made.append(self._analyse(int(times.min()), rows[now], number[now], revision=True))
            number[now] += 1

    def _analyse(
        self, minute_ms: int, rows: Ints, number: Ints, *, revision: bool
    ) -> MinuteAnalysis:
        view = WindowView(self.window, rows, number)
        ask = partial(self._given, rows, minute_ms)
        view.values = Values({}, ask)
        with quiet():
            before = self._states_before(rows, number)
            outputs, after = advance(self.registry.indicators, view, before)
            self._keep_states(rows, number, after)
            self._ranks.put_in(outputs, minute_ms, revision=revision)
            values = dict(zip(self.registry.outputs, outputs, strict=True))
            view.values = Values(values, ask)
            changes = self.open.advance(view, self.window.room)
            found = self._find(view)
        view.forget()
        self.open.forget(self.window.count, self._kept)
        return MinuteAnalysis(
            bar_time_ms=minute_ms,
            timeframe=self.timeframe,
            symbols=self.symbols,
            row=rows,
            names=self.registry.shown,
            values=_table([outputs[i] for i in self._shown], len(rows)),
            hits=tuple(hits for hits, _ in found),
            pattern_types=tuple(d.pattern_type for d in self.registry.detectors),
            revision=revision,
            changes=tuple(changes),
            found=tuple(detection for _, made in found for detection in made),
        )

    def _find(self, view: BarView) -> list[tuple[Hits, list[Detection]]]:
        """What each detector finds, less what is cooling down; all of it is open from now on."""
        found: list[tuple[Hits, list[Detection]]] = []
        for detector in self.registry.detectors:
            hits = find_hits(detector, view)
            if hits is not None:
                hits = hits.where(self.cool_downs.keep(hits))
            if hits is not None and len(hits):
                found.append((hits, list(hits.detections(self.symbols, self.timeframe))))
        self.open.add(found)
        return found

    def _states_before(self, rows: Ints, number: Ints) -> Floats:
        states = self._states[(number - 1) % self._kept, :, rows].T
        states[:, number == 0] = np.nan
        return states

    def _keep_states(self, rows: Ints, number: Ints, states: Floats) -> None:
        self._states[number % self._kept, :, rows] = states.T

    def _columns(self, bars: MinuteBars) -> dict[str, Any]:
        columns: dict[str, Any] = {name: getattr(bars, name) for name in FLOAT_FIELDS}
        columns["time_ms"] = bars.minute_ms
        columns["session_ms"] = self.session_start(bars.minute_ms)
        columns["partial"] = bars.is_partial
        return columns

    def grow(self) -> None:
        """Make room for the symbols that have appeared."""
        if len(self.symbols) <= self.window.room:
            return
        old = self.window.room
        self.window.grow(len(self.symbols))
        states = np.full((self._kept, self.registry.states, self.window.room), np.nan)
        states[:, :, :old] = self._states
        self._states = states


def _pick(values: Any, chosen: NDArray[np.bool_]) -> Any:
    return values[chosen] if isinstance(values, np.ndarray) else values


def _table(columns: list[Floats], rows: int) -> Floats:
    return np.stack(columns, axis=1) if columns else np.zeros((rows, 0))
