"""Detections into the database: what is new is formed, what has changed is revised.

A stored detection is never deleted. One that a revision no longer finds is kept as `revised` with
`holds` false. What becomes of the others is in `patterns.life_rows`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from market.calendar import from_ms
from patterns import detection_lines, outbox
from patterns.analysis import FORMED, REVISED, Detection, MinuteAnalysis
from patterns.events import channels, detection_event
from patterns.identity import detection_id, flow_id
from patterns.tiers import tier_for

Key = tuple[str, int, str]
FEW_SYMBOLS = 200
LOCK = "SELECT pg_advisory_xact_lock(hashtext('intraday_pattern_seq'))"
NEXT = "SELECT nextval('intraday_pattern_seq') FROM generate_series(1, %s)"
STORED = """
SELECT symbol, (extract(epoch FROM "timestamp") * 1000)::int8, detection_key, direction,
    confidence, price, state, pattern_data::text, detection_timestamp, tier, timeframe,
    pattern_type
FROM {table}
WHERE "timestamp" = ANY(%s) AND timeframe = %s
"""
COLUMNS = {
    "symbol": "text",
    '"timestamp"': "timestamptz",
    "detection_key": "text",
    "detection_id": "uuid",
    "pattern_type": "text",
    "timeframe": "text",
    "tier": "text",
    "direction": "text",
    "confidence": "float8",
    "price": "float8",
    "detection_timestamp": "timestamptz",
    "state": "text",
    "state_timestamp": "timestamptz",
    "pattern_data": "jsonb",
    "seq": "int8",
    "flow_id": "uuid",
}
# What a revision has changed begins its life anew.
WRITE = f"""
INSERT INTO {{table}} ({", ".join(COLUMNS)})
SELECT * FROM jsonb_to_recordset(%s::jsonb) AS incoming
    ({", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())})
ON CONFLICT (symbol, "timestamp", detection_key) DO UPDATE SET
    direction = excluded.direction, confidence = excluded.confidence, price = excluded.price,
    state = excluded.state, state_timestamp = excluded.state_timestamp,
    pattern_data = excluded.pattern_data, seq = excluded.seq, life = NULL
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A detection as the database has it, and when it was first seen."""

    detection: Detection
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """How many detections were new, and how many have changed."""

    formed: int
    revised: int


def save(cursor: Any, analyses: Sequence[MinuteAnalysis], now: datetime) -> Changes:
    """Write what differs from what is stored, with an event for each, in the transaction."""
    formed = revised = 0
    for batch in _batches(analyses):
        found = {key_of(d): d for analysis in batch for d in analysis.found}
        changed = differences(_stored(cursor, batch), found, now)
        if changed:
            table = tier_for(batch[0].timeframe).patterns
            write(cursor, table, changed, now)
        new = sum(item.detection.state == FORMED for item in changed)
        formed, revised = formed + new, revised + len(changed) - new
    return Changes(formed, revised)


def _batches(analyses: Sequence[MinuteAnalysis]) -> Iterator[list[MinuteAnalysis]]:
    """Runs of analyses of one timeframe and different minutes: the later one of a minute wins."""
    batch: list[MinuteAnalysis] = []
    for analysis in analyses:
        repeated = any(other.bar_time_ms == analysis.bar_time_ms for other in batch)
        if batch and (repeated or batch[0].timeframe != analysis.timeframe):
            yield batch
            batch = []
        batch.append(analysis)
    if batch:
        yield batch


def key_of(detection: Detection) -> Key:
    """What makes a detection one row."""
    return detection.symbol, detection.bar_time_ms, detection.detection_key


def differences(
    stored: dict[Key, Stored], found: dict[Key, Detection], now: datetime
) -> list[Stored]:
    """What is new, what has changed, and what is stored and not found any more."""
    changed = [gone(item) for key, item in stored.items() if key not in found and _holds(item)]
    for key, detection in found.items():
        known = stored.get(key)
        if known is None:
            changed.append(Stored(detection, now))
        elif not _same(known.detection, detection):
            changed.append(Stored(replace(detection, state=REVISED), known.first_seen))
    return sorted(changed, key=lambda item: key_of(item.detection)[1::-1])


def _holds(item: Stored) -> bool:
    return bool(item.detection.pattern_data.get("holds", True))


def gone(item: Stored) -> Stored:
    """The same detection, which a revision took away."""
    data = {**item.detection.pattern_data, "holds": False}
    return Stored(replace(item.detection, state=REVISED, pattern_data=data), item.first_seen)


def _same(one: Detection, other: Detection) -> bool:
    return (one.direction, one.confidence, one.price, one.pattern_data) == (
        other.direction,
        other.confidence,
        other.price,
        other.pattern_data,
    )


def _stored(cursor: Any, analyses: Sequence[MinuteAnalysis]) -> dict[Key, Stored]:
    """The detections of the detectors that ran, on the bars that they ran over, by key.

    Others in the table belong to another program, or to a detector that is switched off.
    """
    timeframe = analyses[0].timeframe
    ran = {name for analysis in analyses for name in analysis.pattern_types}
    analysed = {a.bar_time_ms: {a.symbols[row] for row in a.row.tolist()} for a in analyses}
    times = [from_ms(time_ms) for time_ms in analysed]
    names = sorted(set().union(*analysed.values()))
    few = len(names) <= FEW_SYMBOLS
    query = STORED.format(table=tier_for(timeframe).patterns)
    query += " AND symbol = ANY(%s)" if few else ""
    cursor.execute(query, [times, timeframe, *([names] if few else [])])
    rows = (as_stored(row) for row in cursor.fetchall())
    return {
        key_of(item.detection): item
        for item in rows
        if item.detection.pattern_type in ran
        and item.detection.symbol in analysed[item.detection.bar_time_ms]
    }


def as_stored(row: tuple[Any, ...]) -> Stored:
    """A row of `STORED`'s columns."""
    symbol, bar_time_ms, key, direction, confidence, price, state, data, first_seen = row[:9]
    tier, timeframe, pattern_type = row[9:12]
    detection = Detection(
        detection_id=detection_id(symbol, key, bar_time_ms),
        detection_key=key,
        symbol=symbol,
        pattern_type=pattern_type,
        timeframe=timeframe,
        tier=tier,
        direction=direction,
        confidence=confidence,
        price=price,
        bar_time_ms=bar_time_ms,
        state=state,
        pattern_data=msgspec.json.decode(data),
    )
    return Stored(detection, first_seen)


def in_turn(cursor: Any) -> None:
    """Until this transaction ends nobody else numbers detections, nor leaves events of them."""
    cursor.execute(LOCK)


def numbers(cursor: Any, count: int) -> list[int]:
    """The next `seq` numbers; until the commit nobody else gets any, so they rise with commits."""
    in_turn(cursor)
    cursor.execute(NEXT, [count])
    return [row[0] for row in cursor.fetchall()]


def write(cursor: Any, table: str, changed: Sequence[Stored], now: datetime) -> None:
    """Rows and events of one tier, numbered in the order of commits."""
    seqs = numbers(cursor, len(changed))
    flows = [_flow(i.detection) for i in changed]
    numbered = list(zip(changed, seqs, flows, strict=True))
    new = [(i.detection, seq, flow) for i, seq, flow in numbered if i.detection.state == FORMED]
    if new:
        detection_lines.copy_new(cursor, table, COLUMNS, new, now)
    rows = [_row(*item, now) for item in numbered if item[0].detection.state != FORMED]
    if rows:
        encoded = msgspec.json.encode(rows).decode()
        cursor.execute(WRITE.format(table=table), [encoded])
    events = [detection_event(i.detection, s, flow, i.first_seen, now) for i, s, flow in numbered]
    for channel in channels(changed[0].detection.tier):
        outbox.add(cursor, channel, events)


def _flow(detection: Detection) -> str:
    return flow_id(detection.symbol, detection.bar_time_ms, detection.timeframe)


def _row(item: Stored, seq: int, flow: str, now: datetime) -> dict[str, Any]:
    detection = item.detection
    return {
        "symbol": detection.symbol,
        "timestamp": from_ms(detection.bar_time_ms),
        "detection_key": detection.detection_key,
        "detection_id": detection.detection_id,
        "pattern_type": detection.pattern_type,
        "timeframe": detection.timeframe,
        "tier": detection.tier,
        "direction": detection.direction,
        "confidence": detection.confidence,
        "price": detection.price,
        "detection_timestamp": item.first_seen,
        "state": detection.state,
        "state_timestamp": now,
        "pattern_data": detection.pattern_data,
        "seq": seq,
        "flow_id": flow,
    }
