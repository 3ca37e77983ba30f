"""Indicators computed from bars when somebody asks: those that are not stored."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db import connections

from market.calendar import DAY_MS, MINUTE_MS, configured_calendar, to_ms
from patterns import adjustments
from patterns.engine import WARM_BARS
from patterns.evaluate import indicator_history
from patterns.matrix import BarMatrix, align_right
from patterns.registry import Registry, near_match, standard
from patterns.views import FLOAT_FIELDS, Floats, Ints
from streaming.web.bars import MINUTES, BarQuery, bars_between
from streaming.web.database import ALIAS
from streaming.web.history import newest_bar

ALL = "all"
QUIET_MS = 2 * MINUTE_MS
BLOCK = 32
"""Recursions take a step a bar, as long for one symbol as for many. So the wanted bars are cut
into blocks, each with the bars before it, which take their steps together."""

Adjustments = Sequence[tuple[int, float, float]]
"""Moments from which on bars are of other shares, with the factors of prices and volumes before."""


@dataclass(frozen=True, slots=True)
class Series:
    """Indicators of one symbol, one element a bar, oldest first; NaN where one is not known."""

    time_ms: list[int]
    values: dict[str, Floats]


class UnknownIndicator(LookupError):
    """No shown indicator has this name, or it has no meaning in this timeframe."""


def known_names(text: str, timeframe: str) -> list[str]:
    """The outputs that `names=` asks for; raises UnknownIndicator with a near match."""
    here = standard().for_timeframe(timeframe).shown
    asked = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if ALL in asked:
        return list(here)
    for name in asked:
        _refuse_unknown(name, timeframe, here)
    return asked


def _refuse_unknown(name: str, timeframe: str, here: Sequence[str]) -> None:
    if name in here:
        return
    if name in standard().shown:
        others = ", ".join(standard().indicator(name).timeframes)
        raise UnknownIndicator(f"{name} has no meaning in {timeframe}, only in: {others}.")
    raise UnknownIndicator(str(near_match("indicator", name, here)))


def computed_series(query: BarQuery, names: Sequence[str]) -> Series:
    """These outputs for the newest `limit` closed bars of `[start, end)`.

    Ranks among all symbols and what other sessions tell are not in one symbol's bars: they are
    left out, or NaN.
    """
    registry = standard().for_timeframe(query.timeframe)
    names = [name for name in names if registry.indicator(name).rank_of is None]
    chosen = registry.only(names)
    wanted = _closed_bars(query)
    if not wanted:
        return Series([], {})
    before = _bars_before(chosen, query.timeframe)
    earlier = BarQuery(query.symbol, query.timeframe, None, wanted[0]["timestamp"], before)
    found = [*bars_between(earlier), *wanted]
    times = [to_ms(bar["timestamp"]) for bar in found]
    first = len(found) - len(wanted)
    known = _adjustments(query, times[0], times[-1])
    stops = _stops(times, first, known)
    matrix = _matrix(query, found, stops, before, known)
    values = indicator_history(matrix, chosen.indicators)
    lengths = np.diff([first, *stops])
    made = {
        name: np.concatenate([values[name][n, -length:] for n, length in enumerate(lengths)])
        for name in names
    }
    return Series(times[first:], made)


def _bars_before(chosen: Registry, timeframe: str) -> int:
    """Enough for recursions to have forgotten their start, and for a session's sums."""
    if not chosen.states:
        return chosen.lookback
    session = configured_calendar().sessions[-1]
    minutes = (session.last_ms - session.first_ms) // MINUTE_MS
    return max(WARM_BARS, minutes // MINUTES[timeframe])


def _closed_bars(query: BarQuery) -> list[dict[str, Any]]:
    step_ms = MINUTES[query.timeframe] * MINUTE_MS
    until_ms = _closed_until_ms(newest_bar(), datetime.now(UTC))
    found = bars_between(replace(query, limit=query.limit + 1))  # the newest may still grow
    closed = [bar for bar in found if to_ms(bar["timestamp"]) + step_ms <= until_ms]
    return closed[-query.limit :]


def _closed_until_ms(newest: datetime | None, now: datetime) -> int:
    """Bars that end by then will not grow any more.

    By the newest minute, for a replay's clock is not ours. What a session's end has cut short
    is closed as well, once nothing comes any more. Where no minute is left, bars of the past are.
    """
    if newest is None:
        return to_ms(now)
    end_ms = to_ms(newest) + MINUTE_MS
    in_session = configured_calendar().session_at(end_ms) is not None
    comes_more = in_session or to_ms(now) - end_ms < QUIET_MS
    return end_ms if comes_more else end_ms + DAY_MS


def _stops(times: list[int], first: int, known: Adjustments) -> list[int]:
    """Where the blocks of the wanted bars end: an adjustment ends one, too."""
    changed = {bisect.bisect_left(times, moment) for moment, _, _ in known}
    edges = {*range(first + BLOCK, len(times), BLOCK), *changed, len(times)}
    return sorted(edge for edge in edges if edge > first)


def _adjustments(query: BarQuery, after_ms: int, until_ms: int) -> Adjustments:
    with connections[ALIAS].cursor() as cursor:
        known = adjustments.load(
            cursor, [query.symbol], until_ms + DAY_MS, query.timeframe, after_ms
        )
    return [(item.since_ms(query.timeframe), item.price, item.volume) for item in known]


def _matrix(
    query: BarQuery,
    found: list[dict[str, Any]],
    stops: list[int],
    before: int,
    known: Adjustments,
) -> BarMatrix:
    """A row a block, at its end the wanted bars, in the shares of its own days."""
    columns = {name: np.array([bar[name] for bar in found], np.float64) for name in FLOAT_FIELDS}
    time_ms = np.array([to_ms(bar["timestamp"]) for bar in found], np.int64)
    partial = np.array([bar["is_partial"] for bar in found], np.bool_)
    spans = [np.arange(max(0, stop - BLOCK - before), stop) for stop in stops]
    made = [_factors(time_ms[span], known) for span in spans]
    price, volume = (np.concatenate(parts) for parts in zip(*made, strict=True))
    row = np.repeat(np.arange(len(spans)), [len(span) for span in spans])
    where = np.concatenate(spans)
    picked = {name: values[where] * price for name, values in columns.items()}
    picked["volume"] = columns["volume"][where] * volume
    picked |= {"time_ms": time_ms[where], "partial": partial[where]}
    # A daily bar is a session by itself; its midnight lies in none of the calendar's.
    daily = query.timeframe == "1d"
    session_start = (lambda ms: ms) if daily else configured_calendar().session_start
    return align_right([query.symbol] * len(spans), row, picked, session_start)


def _factors(time_ms: Ints, known: Adjustments) -> tuple[Floats, Floats]:
    """What prices and volumes of a block are multiplied by, to be as those of its last bar."""
    price, volume = np.ones(len(time_ms)), np.ones(len(time_ms))
    for moment, price_factor, volume_factor in known:
        if moment <= time_ms[-1]:
            price[time_ms < moment] *= price_factor
            volume[time_ms < moment] *= volume_factor
    return price, volume
