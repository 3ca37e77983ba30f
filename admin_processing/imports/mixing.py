"""Whether a source may come into this database at all."""

from __future__ import annotations

from typing import Any

from admin_processing.imports.store import TABLES
from admin_processing.runs.phase import PhaseFailed
from market.sources import may_mix

# The ends of each table, and who was asked for bars, tell it; all rows would take minutes.
STORED = """
(SELECT source FROM ohlcv_daily ORDER BY "timestamp" DESC LIMIT 1) UNION
(SELECT source FROM ohlcv_daily ORDER BY "timestamp" LIMIT 1) UNION
(SELECT source FROM ohlcv_1min ORDER BY "timestamp" DESC LIMIT 1) UNION
(SELECT source FROM ohlcv_1min ORDER BY "timestamp" LIMIT 1) UNION
SELECT DISTINCT source FROM import_coverage
"""
DECLARED = """
SELECT EXISTS (SELECT FROM import_coverage AS had WHERE source = %(source)s
        AND timeframe = %(timeframe)s AND EXISTS (
            SELECT FROM {table} AS bar WHERE bar.symbol = had.symbol AND bar.source = had.source)),
    EXISTS (SELECT FROM adjusted_history WHERE source = %(source)s AND timeframe = %(timeframe)s)
"""


def refuse_mixing(cursor: Any, source: str, timeframe: str, is_adjusted: bool) -> None:
    """Raise PhaseFailed where this source's bars would be mistaken for another's, or adjusted."""
    cursor.execute(STORED)
    for (stored,) in cursor.fetchall():
        if not may_mix(stored, source):
            raise PhaseFailed(
                f"This database holds bars of source {stored!r}; {source!r} would mix with them. "
                f"Use another database, or clear it: python manage.py purge --source {stored}"
            )
    declared = DECLARED.format(table=TABLES[timeframe])
    cursor.execute(declared, {"source": source, "timeframe": timeframe})
    has_bars, has_adjusted = cursor.fetchone()
    if has_bars and has_adjusted != is_adjusted:
        stored, comes = ("adjusted", "as traded") if has_adjusted else ("as traded", "adjusted")
        raise PhaseFailed(
            f"Bars of {source} are stored {stored}, and now they come {comes}: the two do not mix. "
            f"Clear it first: python manage.py purge --source {source}"
        )
