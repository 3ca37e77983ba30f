"""Indicators that are not stored: computed from stored bars when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from market.calendar import DAY_MS, MINUTE_MS
from patterns.engine import WARM_BARS
from patterns.evaluate import indicator_history
from patterns.matrix import SessionStart
from patterns.registry import Registry, standard
from patterns.stored_bars import OLDEST_DAYS, load_history
from patterns.views import Floats, Ints

MOST_MINUTES = 31 * 24 * 60


@dataclass(frozen=True, slots=True)
class IndicatorSeries:
    """Indicators of one symbol, one element a bar; NaN where one is warming up."""

    time_ms: Ints
    values: dict[str, Floats]


def indicators_for(
    cursor: Any,
    symbol: str,
    names: Sequence[str],
    from_ms: int,
    to_ms: int,
    session_start: SessionStart,
    registry: Registry | None = None,
) -> IndicatorSeries:
    """Indicators of the bars that start in `[from, to)`.

    Enough bars before them are read for recursions to have forgotten their start, and for the
    session's sums to be whole. Raises UnknownDefinition for a name that is not registered, and
    ValueError for a range of more than 31 days.
    """
    chosen = (registry or standard()).only(names)
    minutes = (to_ms - from_ms) // MINUTE_MS
    if minutes > MOST_MINUTES:
        raise ValueError(
            f"from {from_ms} to {to_ms} are {minutes} minutes; at most {MOST_MINUTES} at once"
        )
    before = max(WARM_BARS, (from_ms - session_start(from_ms)) // MINUTE_MS + 1)
    since_ms = from_ms - OLDEST_DAYS["1m"] * DAY_MS
    bars = minutes + before
    matrix = load_history(cursor, [symbol], bars, to_ms, session_start, since_ms)
    found = indicator_history(matrix, chosen.indicators)
    asked = matrix.time_ms[0] >= from_ms
    return IndicatorSeries(
        matrix.time_ms[0][asked], {name: found[name][0][asked] for name in names}
    )
