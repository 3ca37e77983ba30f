"""Analyses into the database: indicator rows, detections, and their events, in one transaction.

Saving is idempotent: an analysis is compared with what is stored for its symbols and minute, and
only differences are written. So a restart may analyse minutes again, and a revision needs to know
nothing of what was found before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from market.calendar import from_ms, to_ms
from market.storage.copy import copy_columns, encode_names, timestamps
from patterns import detection_rows, life_rows
from patterns.analysis import MinuteAnalysis
from patterns.stored_bars import load_history, load_minutes, warm
from patterns.tiers import tier_for

ALL = "all"

ANY_STORED = """
SELECT EXISTS (SELECT 1 FROM {table} WHERE "timestamp" BETWEEN %s AND %s AND timeframe = %s{those})
"""
FEW_SYMBOLS = 1_000
STAGING = """
CREATE TEMP TABLE IF NOT EXISTS incoming_indicators
    (LIKE intraday_indicator_values) ON COMMIT DELETE ROWS
"""
COLUMNS = 'symbol, timeframe, "timestamp", set_id, values, calculation_timestamp'
UPSERT = f"""
INSERT INTO {{table}} AS stored ({COLUMNS})
SELECT {COLUMNS} FROM incoming_indicators
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
    lives: int = 0


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
    for together in _alike(analyses):
        chosen = _chosen(together[0].names, stored_names() if stored is None else stored)
        if chosen and any(len(analysis.row) for analysis in together):
            rows += _save_indicators(cursor, together, chosen, now)
            values += sum(int(np.isfinite(a.values[:, chosen]).sum()) for a in together)
    judged = [analysis for analysis in analyses if analysis.pattern_types or analysis.changes]
    changes = detection_rows.save(cursor, judged, now)
    lives = life_rows.save(cursor, judged, now)
    return SaveResult(rows, values, changes.formed, changes.revised, lives)


def stored_names() -> Sequence[str]:
    """The setting INDICATORS_STORED."""
    from django.conf import settings

    return list(settings.INDICATORS_STORED)


def _chosen(names: Sequence[str], stored: Sequence[str]) -> list[int]:
    return [i for i, name in enumerate(names) if ALL in stored or name in stored]


def _alike(analyses: Sequence[MinuteAnalysis]) -> Iterator[list[MinuteAnalysis]]:
    """Runs of analyses with the same symbols and indicators, each of a later bar: one COPY each.

    A bar that comes a second time replaces itself, so it has to come in another COPY.
    """
    run: list[MinuteAnalysis] = []
    for analysis in analyses:
        if run and not _follows(run[-1], analysis):
            yield run
            run = []
        run.append(analysis)
    if run:
        yield run


def _follows(last: MinuteAnalysis, analysis: MinuteAnalysis) -> bool:
    same = (last.timeframe, last.names) == (analysis.timeframe, analysis.names)
    return same and last.symbols is analysis.symbols and last.bar_time_ms < analysis.bar_time_ms


def _save_indicators(
    cursor: Any, analyses: Sequence[MinuteAnalysis], chosen: list[int], now: datetime
) -> int:
    set_id = indicator_set(cursor, [analyses[0].names[i] for i in chosen])
    columns = _columns(analyses, chosen, set_id, now)
    table = tier_for(analyses[0].timeframe).indicators
    if _any_stored(cursor, table, analyses):
        cursor.execute(STAGING)
        copy_columns(cursor, "incoming_indicators", columns)
        cursor.execute(UPSERT.format(table=table))
        written = int(cursor.rowcount)
        cursor.execute("TRUNCATE incoming_indicators")
        return written
    copy_columns(cursor, table, columns)
    return sum(len(analysis.row) for analysis in analyses)


def _any_stored(cursor: Any, table: str, analyses: Sequence[MinuteAnalysis]) -> bool:
    """Whether rows may be there already: none means that they need not be compared."""
    times = [from_ms(analysis.bar_time_ms) for analysis in analyses]
    asked: list[Any] = [min(times), max(times), analyses[0].timeframe]
    symbols = analyses[0].symbols
    few = len(symbols) <= FEW_SYMBOLS
    those = " AND symbol = ANY(%s)" if few else ""
    cursor.execute(
        ANY_STORED.format(table=table, those=those), [*asked, list(symbols)] if few else asked
    )
    return bool(cursor.fetchone()[0])


def _columns(
    analyses: Sequence[MinuteAnalysis], chosen: list[int], set_id: int, now: datetime
) -> dict[str, tuple[str, Any]]:
    counts = [len(analysis.row) for analysis in analyses]
    rows = sum(counts)
    symbols = [a.symbols[row] for a in analyses for row in a.row.tolist()]
    times = np.repeat([analysis.bar_time_ms for analysis in analyses], counts)
    return {
        "symbol": ("text", encode_names(symbols)),
        "timeframe": ("text", np.full(rows, analyses[0].timeframe.encode())),
        '"timestamp"': ("i8", timestamps(times)),
        "set_id": ("i8", np.full(rows, set_id)),
        "values": ("f8[]", np.concatenate([a.values[:, chosen] for a in analyses])),
        "calculation_timestamp": ("i8", timestamps(np.full(rows, to_ms(now)))),
    }


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
