"""Analyses into the database: indicator rows, detections, and their events, in one transaction.

Saving is idempotent: an analysis is compared with what is stored for its symbols and minute, and
only differences are written. So a restart may analyse minutes again, and a revision needs to know
nothing of what was found before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from market.storage.copy import copy_columns, encode_names, timestamps
from patterns import detection_rows
from patterns.analysis import MinuteAnalysis
from patterns.stored_bars import load_history, load_minutes, warm
from patterns.views import Floats

ALL = "all"

STAGING = """
CREATE TEMP TABLE IF NOT EXISTS incoming_indicators (
    symbol text, "timestamp" timestamptz, values float8[]
) ON COMMIT DELETE ROWS
"""
UPSERT = """
INSERT INTO intraday_indicator_values AS stored
    (symbol, timeframe, "timestamp", set_id, values, calculation_timestamp)
SELECT symbol, %s, "timestamp", %s, values, %s FROM incoming_indicators
ON CONFLICT (symbol, timeframe, "timestamp") DO UPDATE SET
    set_id = excluded.set_id, values = excluded.values,
    calculation_timestamp = excluded.calculation_timestamp
WHERE (stored.set_id, stored.values) IS DISTINCT FROM (excluded.set_id, excluded.values)
"""
FIND_SET = "SELECT id FROM indicator_sets WHERE names = %s::text[]"
ADD_SET = "INSERT INTO indicator_sets (names) VALUES (%s) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class SaveResult:
    """What one `save` wrote: rows, and detections by what became of them."""

    indicator_rows: int
    indicator_values: int
    formed: int
    revised: int


def save(
    cursor: Any,
    analyses: Sequence[MinuteAnalysis],
    now: datetime,
    stored: Sequence[str] | None = None,
) -> SaveResult:
    """Write analyses in the caller's transaction; call it last before the commit.

    now: when this was calculated, aware. stored: names of the indicators to store; None takes
    the setting INDICATORS_STORED. Where detections are written an advisory lock is held until the
    commit, so that `seq` rises in the order of commits.
    """
    rows = values = 0
    for analysis in analyses:
        chosen = _chosen(analysis.names, stored_names() if stored is None else stored)
        if chosen and len(analysis.row):
            rows += _save_indicators(cursor, analysis, chosen, now)
            values += int(np.isfinite(analysis.values[:, chosen]).sum())
    changes = detection_rows.save(cursor, analyses, now)
    return SaveResult(rows, values, changes.formed, changes.revised)


def stored_names() -> Sequence[str]:
    """The setting INDICATORS_STORED."""
    from django.conf import settings

    return list(settings.INDICATORS_STORED)


def _chosen(names: Sequence[str], stored: Sequence[str]) -> list[int]:
    return [i for i, name in enumerate(names) if ALL in stored or name in stored]


def _save_indicators(
    cursor: Any, analysis: MinuteAnalysis, chosen: list[int], now: datetime
) -> int:
    set_id = indicator_set(cursor, [analysis.names[i] for i in chosen])
    cursor.execute(STAGING)
    copy_columns(cursor, "incoming_indicators", _columns(analysis, analysis.values[:, chosen]))
    cursor.execute(UPSERT, [analysis.timeframe, set_id, now])
    cursor.execute("TRUNCATE incoming_indicators")
    return len(analysis.row)


def _columns(analysis: MinuteAnalysis, values: Floats) -> dict[str, tuple[str, Any]]:
    names = encode_names([analysis.symbols[row] for row in analysis.row.tolist()])
    times = timestamps(np.full(len(analysis.row), analysis.bar_time_ms))
    return {"symbol": ("text", names), '"timestamp"': ("i8", times), "values": ("f8[]", values)}


def indicator_set(cursor: Any, names: Sequence[str]) -> int:
    """The id of the set of these names, in this order; made where there is none."""
    cursor.execute(FIND_SET, [list(names)])
    found = cursor.fetchone()
    if found is None:
        cursor.execute(ADD_SET, [list(names)])
        cursor.execute(FIND_SET, [list(names)])
        found = cursor.fetchone()
    return int(found[0])


__all__ = ["SaveResult", "indicator_set", "load_history", "load_minutes", "save", "warm"]
