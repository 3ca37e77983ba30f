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

BLOCK = 500

New = tuple[Detection, int, str]
"""A detection, its seq, and the id of its flow."""


def copy_new(
    cursor: Any, table: str, columns: Iterable[str], new: Sequence[New], now: datetime
) -> None:
    """Write detections of which none is stored; first seen, and in their state, since `now`."""
    copy = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with cursor.copy(copy) as stream:
        # In blocks, so that the database works on one while the next is made.
        for start in range(0, len(new), BLOCK):
            stream.write(lines(new[start : start + BLOCK], now))


def lines(new: Sequence[New], now: datetime) -> str:
    """One line a detection."""
    seen = now.isoformat()
    starts = {found.bar_time_ms for found, _, _ in new}
    times = {time_ms: from_ms(time_ms).isoformat() for time_ms in starts}
    return "".join([_line(item, times[item[0].bar_time_ms], seen) for item in new])


def _line(item: New, bar_time: str, seen: str) -> str:
    found, seq, flow = item
    # JSON has no tab and no end of line in it.
    data = msgspec.json.encode(found.pattern_data).decode().replace("\\", "\\\\")
    return (
        f"{escaped(found.symbol)}\t{bar_time}\t{found.detection_key}\t{found.detection_id}\t"
        f"{found.pattern_type}\t{found.timeframe}\t{found.tier}\t{found.direction}\t"
        f"{found.confidence!r}\t{found.price!r}\t{seen}\t{found.state}\t{seen}\t{data}\t{seq}\t"
        f"{flow}\n"
    )


def escaped(text: str) -> str:
    """Text as a field of its own."""
    return text if text.isalnum() else text.translate(ESCAPES)
