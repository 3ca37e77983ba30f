"""The live engine: bars of a minute in, indicators and detections out.

It keeps each symbol's last bars and the recursions' states after each of the last `KEPT` bars, so
that a late revision recomputes its symbols from the revised bar on and nothing else. It is a
deterministic function of what it is given: no clock, no database.

Only closed bars come in. A closed bar may be partial (the stream started within its minute): it is
analysed like any other, since its symbol's next bars need it, and a detection that has a partial
bar among its own says so in its data. When the bar is healed, the revision sets it right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterns.analysis import MinuteAnalysis, find_hits
from patterns.evaluate import advance, quiet
from patterns.history import HistoryView
from patterns.matrix import BarMatrix, BarWindow, MinuteBars, SessionStart, WindowView
from patterns.registry import Registry
from patterns.views import FLOAT_FIELDS, Floats, Ints

TIMEFRAME = "1m"
REVISABLE = 17
"""A revision may reach this many of a symbol's bars back: the 16 closed minutes, and one more."""
KEPT = REVISABLE + 1
WARM_BARS = 400
"""Bars that make a recursion forget its start: (1 - 2/27) ** 400 is 4e-14."""


class LiveEngine:
    """Indicators and detectors of a growing list of symbols; row i is `symbols[i]`.

    symbols: the feed's list of names, which may grow at its end.
    session_start: the start (Unix ms) of the session that a bar time (Unix ms) belongs to.
    """

    def __init__(
        self, symbols: Sequence[str], registry: Registry, session_start: SessionStart
    ) -> None:
        self.symbols = symbols
        self.registry = registry
        self.session_start = session_start
        self.window = BarWindow(registry.lookback + KEPT)
        self._states: Floats = np.zeros((KEPT, registry.states, 0))
        shown = [registry.outputs.index(name) for name in registry.shown]
        self._shown = np.array(shown, np.intp)

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
        self._grow()
        matrix = history if len(chosen) == len(history.symbols) else history.take(chosen)
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
                if bar >= matrix.bars - KEPT:
                    self._keep_states(rows[has], moment.count[has] - 1, states[:, has])

    def close(self, bars: MinuteBars) -> MinuteAnalysis:
        """Append one closed bar to each of its symbols, and analyse them.

        Raises ValueError where a symbol has this minute or a later one already.
        """
        self._grow()
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
        self._grow()
        first = np.full(self.window.room, np.iinfo(np.int64).max, np.int64)
        for bars in sorted(minutes, key=lambda bars: bars.minute_ms):
            rows = np.asarray(bars.symbol_id, np.int64)
            number = self._put(rows, bars)
            first[rows] = np.minimum(first[rows], number)
        touched = np.flatnonzero(first < np.iinfo(np.int64).max)
        return self._replay(touched, first[touched])

    def _put(self, rows: Ints, bars: MinuteBars) -> Ints:
        """Replace or insert one bar a row; returns their numbers."""
        after, exact = self.window.bars_after(rows, bars.minute_ms, KEPT)
        if np.any(after >= KEPT - exact):
            name = self.symbols[int(rows[after >= KEPT - exact][0])]
            raise ValueError(
                f"revise({bars.minute_ms}): more than {REVISABLE} bars of {name} are later; "
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
        with quiet():
            before = self._states_before(rows, number)
            outputs, after = advance(self.registry.indicators, view, before)
            self._keep_states(rows, number, after)
            view.values = dict(zip(self.registry.outputs, outputs, strict=True))
            found = [find_hits(detector, view) for detector in self.registry.detectors]
        return MinuteAnalysis(
            bar_time_ms=minute_ms,
            timeframe=TIMEFRAME,
            symbols=self.symbols,
            row=rows,
            names=self.registry.shown,
            values=_table([outputs[i] for i in self._shown], len(rows)),
            hits=tuple(hits for hits in found if hits is not None),
            pattern_types=tuple(d.pattern_type for d in self.registry.detectors),
            revision=revision,
        )

    def _states_before(self, rows: Ints, number: Ints) -> Floats:
        states = self._states[(number - 1) % KEPT, :, rows].T
        states[:, number == 0] = np.nan
        return states

    def _keep_states(self, rows: Ints, number: Ints, states: Floats) -> None:
        self._states[number % KEPT, :, rows] = states.T

    def _columns(self, bars: MinuteBars) -> dict[str, Any]:
        columns: dict[str, Any] = {name: getattr(bars, name) for name in FLOAT_FIELDS}
        columns["time_ms"] = bars.minute_ms
        columns["session_ms"] = self.session_start(bars.minute_ms)
        columns["partial"] = bars.is_partial
        return columns

    def _grow(self) -> None:
        if len(self.symbols) <= self.window.room:
            return
        old = self.window.room
        self.window.grow(len(self.symbols))
        states = np.full((KEPT, self.registry.states, self.window.room), np.nan)
        states[:, :, :old] = self._states
        self._states = states


def _pick(values: Any, chosen: NDArray[np.bool_]) -> Any:
    return values[chosen] if isinstance(values, np.ndarray) else values


def _table(columns: list[Floats], rows: int) -> Floats:
    return np.stack(columns, axis=1) if columns else np.zeros((rows, 0))
