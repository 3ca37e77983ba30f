"""What a session's first minute should know of the days before: trends, and usual volumes.

Only what was stored of earlier sessions is read, so that a replay learns nothing too early.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from market.calendar import DAY_MS, MINUTE_MS, MarketCalendar, configured_calendar, from_ms
from patterns import splits
from patterns.evaluate import quiet
from patterns.history import HistoryView
from patterns.indicators.efficiency import efficiency
from patterns.stored_bars import load_history
from patterns.timeframes import TREND_BARS
from patterns.views import Floats
from patterns.volume_profile import SESSIONS, SLOT_MINUTES, VolumeProfile

TREND_DAYS = 60
"""How far back the daily bars of a trend are looked for."""
LOOKED_AT = 3 * SESSIONS
"""Among how many sessions those of the usual length are chosen."""

# A session's number is that of the last start that is not after the bar.
VOLUMES = f"""
SELECT place, slot, sum(volume * coalesce(factor, 1)), bit_or(1 << number)
FROM (
    SELECT (wanted.place - 1)::int AS place, bar.symbol, bar.volume,
        width_bucket(bar."timestamp", %(starts)s::timestamptz[]) - 1 AS number,
        floor(date_part('epoch', bar."timestamp" - (%(starts)s::timestamptz[])[
            width_bucket(bar."timestamp", %(starts)s::timestamptz[])
        ]) / {60 * SLOT_MINUTES})::int AS slot
    FROM ohlcv_rolled AS bar
    JOIN unnest(%(symbols)s::text[]) WITH ORDINALITY AS wanted (symbol, place) USING (symbol)
    WHERE bar.timeframe = '15m' AND bar."timestamp" >= %(first)s AND bar."timestamp" < %(last)s
        AND bar."timestamp" < (%(ends)s::timestamptz[])[
            width_bucket(bar."timestamp", %(starts)s::timestamptz[])]
) AS bars
LEFT JOIN unnest(%(split)s::text[], %(before)s::int[], %(factor)s::float8[])
    AS changed (symbol, number, factor) USING (symbol, number)
GROUP BY place, slot
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
        cursor.execute(VOLUMES, _parameters(cursor, symbols, before_ms, sessions))
        found = np.array(cursor.fetchall(), np.float64).reshape(-1, 4)
        _fill(profile, found, sessions, len(symbols))
    return profile


def usual_sessions(calendar: MarketCalendar, before_ms: int) -> list[tuple[int, int]]:
    """The last ten sessions of the usual length that had ended before `before_ms`.

    An early close would put its closing auction into a slot at midday.
    """
    ended = [(s.open_ms, s.last_ms) for s in calendar.sessions if s.last_ms <= before_ms]
    recent = ended[-LOOKED_AT:]
    usual = max((end - start for start, end in recent), default=0)
    return [(start, end) for start, end in recent if end - start == usual][-SESSIONS:]


def _parameters(
    cursor: Any, symbols: Sequence[str], before_ms: int, sessions: SessionTimes
) -> dict[str, Any]:
    starts, ends = zip(*sessions, strict=True)
    factors: dict[tuple[str, int], float] = {}
    for split in splits.load(cursor, symbols, before_ms):
        for number, start in enumerate(starts):
            if start < split.time_ms:
                key = split.symbol, number
                factors[key] = factors.get(key, 1.0) / split.factor
    return {
        "symbols": list(symbols),
        "starts": [from_ms(start) for start in starts],
        "ends": [from_ms(end) for end in ends],
        "first": from_ms(starts[0]),
        "last": from_ms(ends[-1]),
        "split": [symbol for symbol, _ in factors],
        "before": [number for _, number in factors],
        "factor": list(factors.values()),
    }


def _fill(profile: VolumeProfile, found: Floats, sessions: SessionTimes, symbols: int) -> None:
    """found: one row a symbol and slot: place, slot, volume, and a bit for each session."""
    length = max(end - start for start, end in sessions) // MINUTE_MS
    slots = -(-length // SLOT_MINUTES)
    place, slot, seen = found[:, 0].astype(int), found[:, 1].astype(int), found[:, 3].astype(int)
    volume = np.zeros((slots, symbols))
    volume[slot, place] = found[:, 2]
    traded, stored = np.zeros(symbols, int), np.zeros(slots, int)
    np.bitwise_or.at(traded, place, seen)
    np.bitwise_or.at(stored, slot, seen)
    counted = np.bitwise_count(traded[None, :] & stored[:, None])
    minutes = np.minimum(SLOT_MINUTES, length - SLOT_MINUTES * np.arange(slots))
    with quiet():
        mean = volume / (counted * minutes[:, None])
    known_slots, known_places = np.nonzero(counted)
    profile.set(known_places, known_slots, mean[known_slots, known_places], symbols)
