"""The flow log: one row for each stage that a detection, or one bar in N, has passed.

tick → bar → detection → saved → published → delivered. A flow's id is `patterns.identity.flow_id`,
made of symbol and minute alone, so that every process arrives at the same one. Stages are noted
by any thread into a bounded buffer, and written in batches by whoever holds a database cursor.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from patterns.identity import named_id

STAGES = ("tick", "bar", "detection", "saved", "published", "delivered")
MINUTE_MS = 60_000
BLOCK = 4_000

# One JSON text for all rows: an array for each column took the interpreter three times as long,
# in which no price could be told.
INSERT = """
INSERT INTO integration_events (event_id, timestamp, flow_id, stage, symbol, detail)
SELECT event_id, to_timestamp(ms / 1000.0), flow_id, stage, symbol, detail
FROM jsonb_to_recordset(%s::jsonb) AS row
    (event_id uuid, ms bigint, flow_id text, stage text, symbol text, detail jsonb)
ON CONFLICT (event_id, timestamp) DO NOTHING
"""


def sampled(symbol_id: NDArray[np.int32], minute_ms: int, every: int) -> NDArray[np.bool_]:
    """Which symbols' bars of this minute are logged: one in `every`, another one each minute."""
    return (symbol_id + minute_ms // MINUTE_MS) % every == 0


class Stage(NamedTuple):
    """One stage of one flow, reached at `time_ms` (wall clock)."""

    stage: str
    flow_id: str
    symbol: str
    time_ms: int
    detail: dict[str, Any] | None = None

    @property
    def event_id(self) -> str:
        """The same for the same stage at the same time: writing it twice leaves one row."""
        return named_id(f"stage|{self.flow_id}|{self.stage}|{self.time_ms}")

    def as_row(self) -> dict[str, Any]:
        """The row as the database takes it."""
        return {
            "event_id": self.event_id,
            "ms": self.time_ms,
            "flow_id": self.flow_id,
            "stage": self.stage,
            "symbol": self.symbol,
            "detail": self.detail,
        }


class FlowLog:
    """A bounded buffer of stages. At its bound the oldest are let go, and counted in `dropped`."""

    def __init__(self, bound: int = 50_000) -> None:
        self.bound = bound
        self.dropped = 0
        self._rows: deque[Stage] = deque()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def record(
        self,
        stage: str,
        flow_id: str,
        symbol: str,
        time_ms: int,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Note a stage; from any thread."""
        self._add([Stage(_known(stage), flow_id, symbol, int(time_ms), detail)])

    def record_all(
        self, stages: Sequence[str], flows: Iterable[tuple[str, str]], time_ms: int
    ) -> None:
        """Note that each of `flows` (id, symbol) has passed all of `stages`; from any thread."""
        known = [_known(stage) for stage in stages]
        self._add(
            [Stage(stage, flow, symbol, time_ms) for flow, symbol in flows for stage in known]
        )

    def _add(self, rows: list[Stage]) -> None:
        with self._lock:
            self._rows.extend(rows)
            self._keep_bound()

    def flush(self, cursor: Any) -> int:
        """Write what is buffered, a block a statement; how many rows. A failure loses none."""
        written = 0
        for _ in range(len(self) // BLOCK + 1):
            rows = self._take(BLOCK)
            try:
                if rows:
                    encoded = msgspec.json.encode([row.as_row() for row in rows])
                    cursor.execute(INSERT, [encoded.decode()])
            except BaseException:
                self._put_back(rows)
                raise
            written += len(rows)
        return written

    def _take(self, most: int) -> list[Stage]:
        with self._lock:
            return [self._rows.popleft() for _ in range(min(most, len(self._rows)))]

    def _put_back(self, rows: list[Stage]) -> None:
        with self._lock:
            self._rows.extendleft(reversed(rows))
            self._keep_bound()

    def _keep_bound(self) -> None:
        while len(self._rows) > self.bound:
            self._rows.popleft()
            self.dropped += 1


def _known(stage: str) -> str:
    if stage not in STAGES:
        raise ValueError(f"unknown stage {stage!r}: one of {', '.join(STAGES)}")
    return stage
