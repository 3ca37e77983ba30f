"""What a session's first minute should know of the days before: trends, and usual volumes.

Only what was stored of earlier sessions is read, so that a replay learns nothing too early.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from market.calendar import DAY_MS, MINUTE_MS, MarketCalendar, configured_calendar, from_ms
from patterns import adjustments
from patterns.evaluate import quiet
from patterns.history import HistoryView
from patterns.indicators.efficiency import efficiency
from patterns.stored_bars import load_history
from patterns.timeframes import TREND_BARS
from patterns.views import Floats, Ints
from patterns.volume_profile import SESSIONS, SLOT_MINUTES, VolumeProfile

SLOT_MS = SLOT_MINUTES * MINUTE_MS
TREND_DAYS = 60
"""How far back the daily bars of a trend are looked for."""
LOOKED_AT = 3 * SESSIONS
"""Among how many sessions those of the usual length are chosen."""

# A bar of a quarter of an hour begins at one of a few hundred moments. What was traded before a
# split is kept apart, session by session, of the few symbols that were split.
VOLUMES = """
SELECT bar.symbol, moment.slot, sum(bar.volume), bit_or(1 << moment.number),
    CASE WHEN bar.symbol = ANY(%(split)s) THEN moment.number END AS alone
FROM ohlcv_rolled AS bar
JOIN unnest(%(times)s::timestamptz[], %(slots)s::int[], %(numbers)s::int[])
    AS moment ("timestamp", slot, number) USING ("timestamp")
WHERE bar.timeframe = '15m' AND bar."timestamp" BETWEEN %(first)s AND %(last)s
    AND bar.symbol = ANY(%(symbols)s)
GROUP BY bar.symbol, moment.slot, alone
"""

SessionTimes = Sequence[tuple[int, int]]
"""Start and end of some sessions, in Unix ms."""


def daily_trend(cursor: Any, symbols: Sequence[str], before_ms: int) -> Floats:
    """The signed efficiency of each symbol's last 20 daily closes; NaN where there are fewer.

    The session that holds `before_ms` is not among them, though its bar may be stored already.
    """
    until_ms = before_ms // DAY_MS * DAY_MS
    bars = TREND_BARS + 1
    since_ms = until_ms - TREND_DAYS * DAY_MS
    matrix = load_history(cursor, symbols, bars, until_ms, lambda t: t, since_ms, "1d")
    if not matrix.bars:
        return np.full(len(symbols), np.nan)
    with quiet():
        return efficiency(HistoryView(matrix).moment(matrix.bars - 1), TREND_BARS)


def volume_profile(
    cursor: Any, symbols: Sequence[str], before_ms: int, sessions: SessionTimes | None = None
) -> VolumeProfile:
    """Each symbol's mean volume a minute in each slot, over the sessions before `before_ms`.

    sessions: by default the last ten of the configured calendar. A slot counts in the sessions
    in which the symbol traded at all and in which anybody's bar of that slot is stored: one
    without a trade is a volume of 0, and one that the stream missed is none.
    """
    if sessions is None:
        sessions = usual_sessions(configured_calendar(), before_ms)
    profile = VolumeProfile()
    if sessions:
        known = _splits(cursor, symbols, before_ms, sessions[0][0])
        cursor.execute(VOLUMES, _parameters(symbols, sessions, known))
        _fill(profile, cursor.fetchall(), symbols, sessions, known)
    return profile


def _splits(
    cursor: Any, symbols: Sequence[str], before_ms: int, after_ms: int
) -> list[adjustments.Adjustment]:
    """Dividends leave volumes alone."""
    known = adjustments.load(cursor, symbols, before_ms, "15m", after_ms)
    return [item for item in known if item.is_split]


def usual_sessions(calendar: MarketCalendar, before_ms: int) -> list[tuple[int, int]]:
    """The last ten sessions of the usual length that had ended before `before_ms`.

    An early close would put its closing auction into a slot at midday.
    """
    ended = [(s.first_ms, s.last_ms) for s in calendar.sessions if s.last_ms <= before_ms]
    recent = ended[-LOOKED_AT:]
    usual = max((end - start for start, end in recent), default=0)
    return [(start, end) for start, end in recent if end - start == usual][-SESSIONS:]


def _parameters(
    symbols: Sequence[str], sessions: SessionTimes, known: Sequence[adjustments.Adjustment]
) -> dict[str, Any]:
    moments = [
        (from_ms(start + slot * SLOT_MS), slot, number)
        for number, (start, end) in enumerate(sessions)
        for slot in range(_slots(start, end))
    ]
    times, slots, numbers = (list(column) for column in zip(*moments, strict=True))
    return {
        "symbols": list(symbols),
        "split": [split.symbol for split in known if split.time_ms > sessions[0][0]],
        "times": times,
        "slots": slots,
        "numbers": numbers,
        "first": times[0],
        "last": times[-1],
    }


def _slots(start_ms: int, end_ms: int) -> int:
    return -(-(end_ms - start_ms) // SLOT_MS)


def _fill(
    profile: VolumeProfile,
    rows: Sequence[tuple[str, int, float, int, int | None]],
    symbols: Sequence[str],
    sessions: SessionTimes,
    known: Sequence[adjustments.Adjustment],
) -> None:
    """rows: symbol, slot, volume, a bit for each session, and the session of one that was split."""
    length = max(end - start for start, end in sessions)
    places = {symbol: place for place, symbol in enumerate(symbols)}
    shape = _slots(0, length), len(symbols)
    volume, seen = np.zeros(shape), np.zeros(shape, np.int64)
    for symbol, slot, traded, bits, alone in rows:
        at = slot, places[symbol]
        volume[at] += traded if alone is None else traded * _factor(known, symbol, sessions[alone])
        seen[at] |= bits
    counted = np.bitwise_count(_any(seen, axis=0) & _any(seen, axis=1))
    minutes = np.minimum(SLOT_MS, length - SLOT_MS * np.arange(shape[0])) / MINUTE_MS
    with quiet():
        mean = volume / (counted * minutes[:, None])
    slots, rows_known = np.nonzero(counted)
    profile.set(rows_known, slots, mean[slots, rows_known], len(symbols))


def _any(seen: Ints, axis: int) -> Ints:
    return np.bitwise_or.reduce(seen, axis=axis, keepdims=True)


def _factor(
    known: Sequence[adjustments.Adjustment], symbol: str, session: tuple[int, int]
) -> float:
    """How many shares one of that session has become."""
    later = (s.volume for s in known if s.symbol == symbol and session[0] < s.time_ms)
    return prod(later)
