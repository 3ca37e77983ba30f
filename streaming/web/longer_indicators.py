"""Indicators of 5m, 15m, 1h and 1d bars, computed when somebody asks; those of 1m are stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from market.calendar import DAY_MS, MINUTE_MS, configured_calendar, to_ms
from patterns.engine import WARM_BARS
from patterns.evaluate import indicator_history
from patterns.matrix import BarMatrix, align_right
from patterns.registry import standard
from patterns.views import FLOAT_FIELDS, Floats
from streaming.web.bars import MINUTES, BarQuery, bars_between
from streaming.web.frames import utc_iso
from streaming.web.history import newest_bar

QUIET_MS = 2 * MINUTE_MS


def computed_indicators(query: BarQuery) -> list[dict[str, Any]]:
    """The newest `limit` closed bars of `[start, end)` with their indicators, newest first.

    Enough bars before them are read for recursions to have forgotten their start.
    """
    before = BarQuery(query.symbol, query.timeframe, None, query.end, query.limit + WARM_BARS)
    until_ms = _closed_until_ms(newest_bar(), datetime.now(UTC))
    step_ms = MINUTES[query.timeframe] * MINUTE_MS
    found = [bar for bar in bars_between(before) if to_ms(bar["timestamp"]) + step_ms <= until_ms]
    matrix = _matrix(query, found)
    values = indicator_history(matrix, standard().indicators)
    since_ms = to_ms(query.start) if query.start else 0
    wanted = [at for at in range(matrix.bars) if matrix.time_ms[0, at] >= since_ms]
    return [_item(query, matrix, values, at) for at in reversed(wanted[-query.limit :])]


def _closed_until_ms(newest: datetime | None, now: datetime) -> int:
    """Bars that end by then will not grow any more.

    By the newest minute, for a replay's clock is not ours. What a session's end has cut short
    is closed as well, once nothing comes any more.
    """
    if newest is None:
        return 0
    end_ms = to_ms(newest) + MINUTE_MS
    in_session = configured_calendar().session_at(end_ms) is not None
    comes_more = in_session or to_ms(now) - end_ms < QUIET_MS
    return end_ms if comes_more else end_ms + DAY_MS


def _matrix(query: BarQuery, found: list[dict[str, Any]]) -> BarMatrix:
    columns: dict[str, np.ndarray] = {
        name: np.array([bar[name] for bar in found], np.float64) for name in FLOAT_FIELDS
    }
    columns["time_ms"] = np.array([to_ms(bar["timestamp"]) for bar in found], np.int64)
    columns["partial"] = np.array([bar["is_partial"] for bar in found], np.bool_)
    row = np.zeros(len(found), np.intp)
    # A daily bar is a session by itself; its midnight lies in none of the calendar's.
    daily = query.timeframe == "1d"
    session_start = (lambda ms: ms) if daily else configured_calendar().session_start
    return align_right([query.symbol], row, columns, session_start)


def _item(query: BarQuery, matrix: BarMatrix, values: dict[str, Floats], at: int) -> dict[str, Any]:
    known = {name: float(values[name][0, at]) for name in standard().shown}
    return {
        "bar_timestamp": utc_iso(int(matrix.time_ms[0, at])),
        "timeframe": query.timeframe,
        "values": {name: value for name, value in known.items() if np.isfinite(value)},
    }
