"""The live minute in all its timeframes: minute bars in, and an analysis of each bar that closes.

Each timeframe has an engine of its own. A bar of five minutes or more closes with the minute that
ends its bucket, or with the session. It is added up from the minute bars that the first engine
remembers, so there is nothing more to keep, to lose or to recover: a start that has read the
minute bars knows which buckets are open.

A detector may ask what the next higher timeframe does: it is told of bars that had ended when its
own began, never of one that closes with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from market.calendar import MINUTE_MS
from patterns.analysis import MinuteAnalysis
from patterns.context import EXPECTED_VOLUME, HIGHER_TREND
from patterns.engine import REVISABLE_MINUTES, TIMEFRAME, LiveEngine
from patterns.evaluate import quiet
from patterns.indicators.efficiency import efficiency
from patterns.matrix import MinuteBars, WindowView
from patterns.registry import Registry
from patterns.rolled import MINUTES, RolledBars, SessionHours, roll
from patterns.views import Floats, Given, Ints
from patterns.volume_profile import VolumeProfile

HIGHER = {"1m": "5m", "5m": "15m", "15m": "1h"}
"""The next higher timeframe. Above the hour are daily bars, whose trend is given to the engine."""

TREND_BARS = 20

ROLLED_REVISABLE = {name: REVISABLE_MINUTES // minutes + 2 for name, minutes in MINUTES.items()}


class MarketEngine:
    """One engine a timeframe, over the same growing list of symbols."""

    def __init__(self, symbols: Sequence[str], registry: Registry, hours: SessionHours) -> None:
        self.symbols, self.hours = symbols, hours
        self.minute = LiveEngine(
            symbols, registry, hours.start, given=partial(self._given, TIMEFRAME)
        )
        self.rolled = {
            name: LiveEngine(
                symbols, registry, hours.start, name, revisable, partial(self._given, name)
            )
            for name, revisable in ROLLED_REVISABLE.items()
        }
        self.daily_trend: Floats = np.zeros(0)
        self.volume_profile = VolumeProfile()
        self._open: dict[str, dict[int, int]] = {name: {} for name in MINUTES}
        self._closed: list[tuple[str, RolledBars]] = []

    @property
    def engines(self) -> dict[str, LiveEngine]:
        """Every engine by its timeframe, the shortest first."""
        return {TIMEFRAME: self.minute, **self.rolled}

    def use(self, registry: Registry) -> bool:
        """Go on with other detectors; False where one of the engines has to be made anew."""
        engines = self.engines.values()
        fits = all(engine.fits(registry) for engine in engines)
        if fits:
            for engine in engines:
                engine.use(registry)
        return fits

    def begin(self, until_ms: int) -> None:
        """Take up the buckets that were open before `until_ms`, once engines have been warmed.

        Those that have ended and were not analysed any more are closed by the next `advance`.
        """
        for name, minutes in MINUTES.items():
            moments = range(
                until_ms - (minutes + REVISABLE_MINUTES) * MINUTE_MS, until_ms, MINUTE_MS
            )
            for start, end in {self.hours.bucket(moment, name) for moment in moments}:
                if end > until_ms or not self._has_bar(name, start):
                    self._open[name][start] = end

    def history_until(self, timeframe: str, until_ms: int) -> int:
        """Where the bars begin that are still to come at `until_ms`: earlier ones are history."""
        if timeframe == TIMEFRAME:
            return until_ms
        start, end = self.hours.bucket(until_ms - MINUTE_MS, timeframe)
        return start if end > until_ms else until_ms

    def _has_bar(self, timeframe: str, start_ms: int) -> bool:
        times = self.rolled[timeframe].window.fields["time_ms"]
        return bool((times == start_ms).any())

    def close(self, bars: MinuteBars) -> list[MinuteAnalysis]:
        """One closed minute: its own analysis, then those of the longer bars that it closes."""
        # What ended before this minute is known to it, however long nobody has traded since.
        made = [*self.advance(bars.minute_ms), self.minute.close(bars)]
        if len(bars.symbol_id):
            for name in MINUTES:
                start, end = self.hours.bucket(bars.minute_ms, name)
                self._open[name][start] = end
        return [*made, *self.advance(bars.minute_ms + MINUTE_MS)]

    def advance(self, through_ms: int) -> list[MinuteAnalysis]:
        """Close the buckets that end at or before `through_ms`: all their minutes are closed.

        In the order of their ends: a bar is asked of by those that begin after it.
        """
        ended = sorted(
            (end, start, name)
            for name, buckets in self._open.items()
            for start, end in buckets.items()
            if end <= through_ms
        )
        made = []
        for end, start, name in ended:
            del self._open[name][start]
            bars = self._roll(name, start, end)
            if len(bars):
                self._closed.append((name, bars))
                made.append(self.rolled[name].close(bars))
        return made

    def due(self, through_ms: int) -> bool:
        """Whether `advance` would close anything."""
        return any(end <= through_ms for ends in self._open.values() for end in ends.values())

    def _roll(self, timeframe: str, start: int, end: int, rows: Ints | None = None) -> RolledBars:
        window = self.minute.window
        if rows is None:
            rows = np.flatnonzero(window.count[: len(self.symbols)])
            behind = self.rolled[timeframe]
            behind.grow()
            rows = rows[behind.window.last_ms(rows) < start]
        most = min((end - start) // MINUTE_MS + REVISABLE_MINUTES, window.depth)
        return roll(window, rows, start, end, most)

    def revise(self, minutes: Sequence[MinuteBars]) -> list[MinuteAnalysis]:
        """Late trades: the minutes anew, and the longer bars that they were counted in.

        First all bars, then all analyses: each timeframe asks the next higher one.
        """
        first = self.minute.put(minutes)
        longer = [(self.rolled[name], self._put(name, minutes)) for name in MINUTES]
        made = self.minute.analyse_from(first)
        for engine, changed in longer:
            if changed is not None:
                made += engine.analyse_from(changed)
        return made

    def _put(self, timeframe: str, minutes: Sequence[MinuteBars]) -> Ints | None:
        """The closed bars of a timeframe that these minutes are in, added up anew."""
        touched: dict[tuple[int, int], list[Ints]] = {}
        for bars in minutes:
            bucket = self.hours.bucket(bars.minute_ms, timeframe)
            if bucket[0] not in self._open[timeframe]:
                rows = np.asarray(bars.symbol_id, np.int64)
                touched.setdefault(bucket, []).append(rows)
        rolled = [
            self._roll(timeframe, start, end, np.unique(np.concatenate(rows)))
            for (start, end), rows in sorted(touched.items())
        ]
        rolled = [bars for bars in rolled if len(bars)]
        self._closed += [(timeframe, bars) for bars in rolled]
        return self.rolled[timeframe].put(rolled) if rolled else None

    def take_rolled(self) -> list[tuple[str, RolledBars]]:
        """The longer bars that have closed, or changed, since this was last asked."""
        taken, self._closed = self._closed, []
        return taken

    # --- what timeframes tell each other --------------------------------------------------------

    def _given(self, timeframe: str, rows: Ints, time_ms: int) -> Given:
        return {
            HIGHER_TREND: self._higher_trend(timeframe, rows, time_ms),
            EXPECTED_VOLUME: self._expected_volume(timeframe, rows, time_ms),
        }

    def _higher_trend(self, timeframe: str, rows: Ints, time_ms: int) -> Floats:
        higher = HIGHER.get(timeframe)
        if higher is None:
            trend = np.full(len(rows), np.nan)
            known = rows < len(self.daily_trend)
            trend[known] = self.daily_trend[rows[known]]
            return trend
        engine, length = self.rolled[higher], MINUTES[higher] * MINUTE_MS
        engine.grow()
        later, _ = engine.window.bars_after(rows, time_ms - length, engine.revisable + 1)
        view = WindowView(engine.window, rows, engine.window.count[rows] - 1 - later)
        with quiet():
            return efficiency(view, TREND_BARS)

    def _expected_volume(self, timeframe: str, rows: Ints, time_ms: int) -> Floats:
        minutes = MINUTES.get(timeframe, 1)
        minute = self.hours.time_of_day(time_ms)
        return self.volume_profile.expected(rows, minute, minutes)
