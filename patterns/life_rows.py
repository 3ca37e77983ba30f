"""What becomes of stored detections, into the database: an update and an event for each change.

Idempotent: a life that is stored already is left alone, so that minutes may be analysed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from market.calendar import from_ms
from patterns import outbox
from patterns.analysis import LifeChange, MinuteAnalysis, StoredLife
from patterns.detection_rows import Key, as_stored, key_of, numbers
from patterns.events import channels, detection_event
from patterns.identity import flow_id
from patterns.tiers import tier_for

# An empty life: a revision took back what had come of it. `holds` false: it is over by itself.
# The join is made before anything is left out: told that few rows hold, the database would compare
# each change with all of the range.
CHANGED = """
SELECT n FROM (
    SELECT incoming.n, incoming.life AS found, stored.life AS known,
        stored.pattern_data -> 'holds' AS holds
    FROM jsonb_to_recordset(%s::jsonb) AS incoming
        (n int, symbol text, "timestamp" timestamptz, detection_key text, life jsonb)
    JOIN {table} AS stored USING (symbol, "timestamp", detection_key)
    WHERE stored."timestamp" BETWEEN %s AND %s
    OFFSET 0
) AS change
WHERE coalesce(known, '[]') <> found AND coalesce(holds, 'true') = 'true'
ORDER BY n
"""
UPDATE = """
UPDATE {table} AS stored SET life = incoming.life, state = incoming.state,
    state_timestamp = %s, seq = incoming.seq
FROM jsonb_to_recordset(%s::jsonb) AS incoming
    (symbol text, "timestamp" timestamptz, detection_key text, life jsonb, state text, seq int8)
WHERE stored.symbol = incoming.symbol AND stored."timestamp" = incoming."timestamp"
    AND stored.detection_key = incoming.detection_key AND stored."timestamp" BETWEEN %s AND %s
RETURNING stored.symbol, (extract(epoch FROM stored."timestamp") * 1000)::int8,
    stored.detection_key, stored.detection_timestamp
"""
OPEN = """
SELECT symbol, (extract(epoch FROM "timestamp") * 1000)::int8, detection_key, direction,
    confidence, price, state, pattern_data::text, detection_timestamp, tier, timeframe,
    pattern_type, life::text
FROM {table}
WHERE timeframe = %s AND symbol = ANY(%s) AND "timestamp" >= %s AND "timestamp" < %s
    AND ("timestamp" >= %s OR state IN ('formed', 'confirmed', 'revised'))
    AND coalesce(pattern_data -> 'holds', 'true') = 'true'
ORDER BY "timestamp", detection_key
"""
TAKEN_BACK = "revised"


def save(cursor: Any, analyses: Sequence[MinuteAnalysis], now: datetime) -> int:
    """Write the lives that have changed, with their events, in the transaction; how many."""
    written = 0
    for timeframe in dict.fromkeys(analysis.timeframe for analysis in analyses):
        mine = (analysis.changes for analysis in analyses if analysis.timeframe == timeframe)
        latest = {key_of(item.detection): item for changes in mine for item in changes}
        if latest:
            written += write(cursor, tier_for(timeframe).patterns, list(latest.values()), now)
    return written


def write(cursor: Any, table: str, changes: Sequence[LifeChange], now: datetime) -> int:
    """Those of one tier that differ from what is stored; how many."""
    times = [item.detection.bar_time_ms for item in changes]
    between = [from_ms(min(times)), from_ms(max(times))]
    rows = [{"n": n, **_row(item)} for n, item in enumerate(changes)]
    cursor.execute(CHANGED.format(table=table), [_json(rows), *between])
    changed = [changes[row[0]] for row in cursor.fetchall()]
    if not changed:
        return 0
    seqs = numbers(cursor, len(changed))
    rows = [
        {**_row(item), "state": _state(item), "seq": seq}
        for item, seq in zip(changed, seqs, strict=True)
    ]
    cursor.execute(UPDATE.format(table=table), [now, _json(rows), *between])
    first_seen: dict[Key, datetime] = {(s, ms, key): seen for s, ms, key, seen in cursor.fetchall()}
    events = [
        _event(item, seq, first_seen[key_of(item.detection)], now)
        for item, seq in zip(changed, seqs, strict=True)
    ]
    for channel in channels(changed[0].detection.tier):
        outbox.add(cursor, channel, events)
    return len(changed)


def _json(rows: Iterable[Any]) -> str:
    return msgspec.json.encode(list(rows)).decode()


def _state(item: LifeChange) -> str:
    return str(item.life[-1][0]) if item.life else TAKEN_BACK


def _row(item: LifeChange) -> dict[str, Any]:
    symbol, bar_time_ms, key = key_of(item.detection)
    return {
        "symbol": symbol,
        "timestamp": from_ms(bar_time_ms),
        "detection_key": key,
        "life": item.life,
    }


def _event(item: LifeChange, seq: int, first_seen: datetime, now: datetime) -> dict[str, Any]:
    detection = replace(item.detection, state=_state(item))
    flow = flow_id(detection.symbol, detection.bar_time_ms, detection.timeframe)
    return detection_event(detection, seq, flow, first_seen, now)


def load(
    cursor: Any,
    timeframe: str,
    symbols: Sequence[str],
    since_ms: int,
    recent_ms: int,
    until_ms: int,
) -> list[StoredLife]:
    """Stored detections on bars before `until`, for an engine to go on with.

    All on bars from `recent` on, for what is cooling down; from `since` on those that were open.
    """
    query = OPEN.format(table=tier_for(timeframe).patterns)
    moments = [from_ms(since_ms), from_ms(until_ms), from_ms(min(recent_ms, until_ms))]
    cursor.execute(query, [timeframe, list(symbols), *moments])
    return [
        StoredLife(as_stored(row).detection, msgspec.json.decode(row[12]) if row[12] else [])
        for row in cursor.fetchall()
    ]
