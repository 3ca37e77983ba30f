"""New detections as lines of PostgreSQL's COPY text format.

PostgreSQL manual, "COPY", section "Text Format": fields between tabs, a backslash before what would
otherwise end a field. The fields are those of `patterns.detection_rows.COLUMNS`, in their order.
A busy minute has thousands: as JSON they took the database twice as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from market.calendar import from_ms
from patterns.analysis import Detection

ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

New = tuple[Detection, int, str]
"""A detection, its seq, and the id of its flow."""


def copy_new(cursor: Any, columns: Iterable[str], new: Sequence[New], now: datetime) -> None:
    """Write detections of which none is stored; first seen, and in their state, since `now`."""
    copy = f"COPY intraday_patterns ({', '.join(columns)}) FROM STDIN"
    with cursor.copy(copy) as stream:
        stream.write(lines(new, now))


def lines(new: Sequence[New], now: datetime) -> str:
    """One line a detection."""
    seen = now.isoformat()
    times = {found.bar_time_ms: "" for found, _, _ in new}
    times = {time_ms: from_ms(time_ms).isoformat() for time_ms in times}
    return "".join(_line(item, times[item[0].bar_time_ms], seen) for item in new)


def _line(item: New, bar_time: str, seen: str) -> str:
    found, seq, flow = item
    data = msgspec.json.encode(found.pattern_data).decode()
    return (
        f"{escaped(found.symbol)}\t{bar_time}\t{escaped(found.detection_key)}\t"
        f"{found.detection_id}\t{escaped(found.pattern_type)}\t{found.timeframe}\t{found.tier}\t"
        f"{found.direction}\t{found.confidence!r}\t{found.price!r}\t{seen}\t{found.state}\t"
        f"{seen}\t{escaped(data)}\t{seq}\t{flow}\n"
    )


def escaped(text: str) -> str:
    """Text as a field of its own."""
    if text.isalnum():
        return text
    return text.translate(ESCAPES)
