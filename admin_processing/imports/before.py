"""What is known already of a batch's symbols: their last bars before it, and their splits."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from admin_processing.imports.names import numbered, storable
from admin_processing.imports.reasons import LOOK_BACK_DAYS, SPLIT_DAYS, STALE_RUN
from admin_processing.imports.store import TABLES
from admin_processing.providers.base import BarBatch, SplitRow, empty_bars
from market.calendar import DAY_MS, from_ms

LAST_BARS = """
SELECT asked.symbol, (extract(epoch FROM bar."timestamp") * 1000)::bigint, bar.open, bar.high,
    bar.low, bar.close, bar.volume, coalesce(bar.vwap, 'NaN'), bar.trade_count
FROM unnest(%(symbols)s::text[], %(firsts)s::timestamptz[]) AS asked(symbol, first)
CROSS JOIN LATERAL (
    SELECT * FROM {table} AS stored WHERE stored.symbol = asked.symbol
        AND stored."timestamp" < asked.first AND stored."timestamp" >= %(oldest)s
        AND stored."timestamp" >= asked.first - make_interval(days => %(days)s)
    ORDER BY stored."timestamp" DESC LIMIT %(count)s
) AS bar
"""
SPLITS = """
SELECT symbol, execution_date, split_from, split_to FROM splits
WHERE symbol = ANY(%s) AND execution_date BETWEEN %s AND %s
"""
SANE_MS = (-2_208_988_800_000, 4_102_444_800_000)
"""1900 to 2100: what a broken row says beyond that is no time to look around."""


def last_bars(cursor: Any, timeframe: str, bars: BarBatch) -> BarBatch:
    """The stored bars just before each symbol's first in the batch: as many as the checks need."""
    names, place = numbered(bars.symbol)
    firsts = np.full(len(names), np.iinfo(np.int64).max)
    np.minimum.at(firsts, place, np.clip(bars.time_ms, *SANE_MS))
    if not len(names):
        return empty_bars()
    asked = {
        "symbols": [name.replace("\x00", "") for name in names.tolist()],
        "firsts": [from_ms(first) for first in firsts.tolist()],
        "oldest": from_ms(int(firsts.min()) - LOOK_BACK_DAYS * DAY_MS),
        "days": LOOK_BACK_DAYS,
        "count": STALE_RUN[timeframe] - 1,
    }
    cursor.execute(LAST_BARS.format(table=TABLES[timeframe]), asked)
    found = list(zip(*cursor.fetchall(), strict=True))
    if not found:
        return empty_bars()
    kinds = [np.str_, np.int64, *[np.float64] * 6, np.int64]
    return BarBatch(*(np.array(values, kind) for values, kind in zip(found, kinds, strict=True)))


def splits_near(cursor: Any, bars: BarBatch) -> list[SplitRow]:
    """Splits that may explain a jump in the batch."""
    if not len(bars):
        return []
    names, _ = numbered(bars.symbol)
    around = (LOOK_BACK_DAYS + SPLIT_DAYS) * DAY_MS
    moments = np.clip(bars.time_ms, *SANE_MS)
    first, last = int(moments.min()) - around, int(moments.max()) + around
    cursor.execute(SPLITS, [storable(names), _day(first), _day(last)])
    return [SplitRow(*row) for row in cursor.fetchall()]


def _day(time_ms: int) -> date:
    return from_ms(time_ms).date()
