"""Rows that were set aside: listed once with their reason, resolved when they come in good."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from admin_processing.imports.checks import Checked, explain
from admin_processing.imports.names import numbered, storable
from admin_processing.imports.reasons import LONGEST_NAME, Reason
from admin_processing.imports.store import TABLES
from admin_processing.providers.base import BarBatch
from market.calendar import from_ms

VALUES = ("open", "high", "low", "close", "volume", "vwap", "trade_count")

# A row that is stored just so was judged when it came in, with what was known then.
LIST = """
WITH given AS (
    SELECT given.* FROM jsonb_to_recordset(%(rows)s)
        AS given(symbol text, "timestamp" timestamptz, reason text, detail text, "row" jsonb)
    WHERE NOT EXISTS (
        SELECT FROM {table} AS stored WHERE stored.symbol = given.symbol
            AND stored."timestamp" = given."timestamp" AND stored.source = %(source)s
            AND (stored.open, stored.high, stored.low, stored.close, stored.volume) = (
                ("row" ->> 'open')::float8, ("row" ->> 'high')::float8,
                ("row" ->> 'low')::float8, ("row" ->> 'close')::float8,
                ("row" ->> 'volume')::float8)
    )
), superseded AS (
    DELETE FROM rejected_rows AS old USING given WHERE old.source = %(source)s
        AND old.timeframe = %(timeframe)s AND old.symbol = given.symbol
        AND old."timestamp" = given."timestamp" AND old.reason <> given.reason
)
INSERT INTO rejected_rows AS old (source, timeframe, symbol, "timestamp", reason, detail, "row",
    run_id)
SELECT %(source)s, %(timeframe)s, symbol, "timestamp", reason, detail, "row", %(run)s FROM given
ON CONFLICT (source, timeframe, symbol, "timestamp", reason) DO UPDATE SET
    detail = excluded.detail, "row" = excluded."row", run_id = excluded.run_id,
    last_seen_at = now(), resolved_at = NULL
"""
UNRESOLVED = """
SELECT id, symbol, (extract(epoch FROM "timestamp") * 1000)::bigint FROM rejected_rows
WHERE source = %s AND timeframe = %s AND symbol = ANY(%s) AND resolved_at IS NULL
"""
RESOLVE = "UPDATE rejected_rows SET resolved_at = now() WHERE id = ANY(%s)"


def note(
    cursor: Any, source: str, timeframe: str, run_id: str | None, bars: BarBatch, checked: Checked
) -> int:
    """List the batch's faults, and resolve what has come in good since; how many were listed.

    In the transaction that stores the good rows. Several bad versions of one bar are one entry.
    """
    listed = _entries(bars, checked)
    _resolve(cursor, source, timeframe, bars, checked)
    if listed:
        asked = {"rows": json.dumps(listed), "source": source, "timeframe": timeframe}
        cursor.execute(LIST.format(table=TABLES[timeframe]), asked | {"run": run_id})
    return len(listed)


def _entries(bars: BarBatch, checked: Checked) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in np.flatnonzero(checked.faults).tolist():
        entry = _entry(bars, checked, row)
        first = found.setdefault((entry["symbol"], entry["timestamp"]), entry)
        if first is not entry:
            first["detail"] += f"; also {entry['reason']}: {entry['detail']}"
    return list(found.values())


def _entry(bars: BarBatch, checked: Checked, row: int) -> dict[str, Any]:
    reason, detail = Reason(int(checked.reason[row])), explain(bars, checked, row)
    time_ms = int(bars.time_ms[row])
    given = {"symbol": str(bars.symbol[row])[:200].replace("\x00", "�"), "time_ms": time_ms}
    values = {name: _plain(getattr(bars, name)[row].item()) for name in VALUES}
    return {
        "symbol": _printable(str(bars.symbol[row])),
        "timestamp": _moment(time_ms),
        "reason": reason.code,
        "detail": detail,
        "row": given | values,
    }


def _printable(name: str) -> str:
    """As much of a name as can be stored and read; broken ones are listed, too."""
    return "".join(c if c.isprintable() else "�" for c in name)[: LONGEST_NAME * 2]


def _moment(time_ms: int) -> str:
    """ISO 8601; beyond the years that have one, the nearest that does."""
    return from_ms(min(max(time_ms, -62_135_596_800_000), 253_402_300_799_000)).isoformat()


def _plain(value: float | int) -> float | int | str:
    """JSON has no NaN and no infinity: as text."""
    return value if np.isfinite(value) else str(value)


def _resolve(cursor: Any, source: str, timeframe: str, bars: BarBatch, checked: Checked) -> None:
    names, _ = numbered(bars.symbol)
    cursor.execute(UNRESOLVED, [source, timeframe, storable(names)])
    waiting = cursor.fetchall()
    if waiting:
        resolved = _now_good(waiting, bars.where(checked.good))
        cursor.execute(RESOLVE, [resolved])


def _now_good(waiting: Sequence[tuple[int, str, int]], good: BarBatch) -> list[int]:
    symbols = {symbol for _, symbol, _ in waiting}
    about = good.where(np.isin(good.symbol, list(symbols)))
    bars = set(zip(about.symbol.tolist(), about.time_ms.tolist(), strict=True))
    return [row for row, symbol, time_ms in waiting if (symbol, time_ms) in bars]
