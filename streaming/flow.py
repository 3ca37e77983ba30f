"""The flow log: one row for each stage that a detection, or one bar in N, has passed.

tick → bar → detection → saved → published → delivered. A flow's id is `patterns.identity.flow_id`,
made of symbol and minute alone, so that every process arrives at the same one. Stages are noted
by any thread into a bounded buffer, and written in batches by whoever holds a database cursor.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

STAGES = ("tick", "bar", "detection", "saved", "published", "delivered")
MINUTE_MS = 60_000
EVENT_NAMESPACE = uuid.UUID("6f0a54a5-5a53-5d5c-9b0c-0b7f6ad0c3c4")

INSERT = """
INSERT INTO integration_events (event_id, timestamp, flow_id, stage, symbol, detail)
SELECT id, to_timestamp(ms / 1000.0), flow, stage, symbol, detail::jsonb
FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])
    AS row (id, ms, flow, stage, symbol, detail)
ON CONFLICT (event_id, timestamp) DO NOTHING
"""


def sampled(symbol_id: NDArray[np.int32], minute_ms: int, every: int) -> NDArray[np.bool_]:
    """Which symbols' bars of this minute are logged: one in `every`, another one each minute."""
    return (symbol_id + minute_ms // MINUTE_MS) % every == 0


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of one flow, reached at `time_ms` (wall clock)."""

    stage: str
    flow_id: str
    symbol: str
    time_ms: int
    detail: str | None

    @property
    def event_id(self) -> uuid.UUID:
        """The same for the same stage at the same time: writing it twice leaves one row."""
        return uuid.uuid5(EVENT_NAMESPACE, f"{self.flow_id}|{self.stage}|{self.time_ms}")


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
        if stage not in STAGES:
            raise ValueError(f"unknown stage {stage!r}: one of {', '.join(STAGES)}")
        text = None if detail is None else json.dumps(detail, allow_nan=False)
        with self._lock:
            self._rows.append(Stage(stage, flow_id, symbol, int(time_ms), text))
            self._keep_bound()

    def flush(self, cursor: Any) -> int:
        """Write what is buffered in one statement; how many rows. If it fails, nothing is lost."""
        rows = self._take()
        if not rows:
            return 0
        try:
            cursor.execute(INSERT, _columns(rows))
        except BaseException:
            self._put_back(rows)
            raise
        return len(rows)

    def _take(self) -> list[Stage]:
        with self._lock:
            rows = list(self._rows)
            self._rows.clear()
        return rows

    def _put_back(self, rows: list[Stage]) -> None:
        with self._lock:
            self._rows.extendleft(reversed(rows))
            self._keep_bound()

    def _keep_bound(self) -> None:
        while len(self._rows) > self.bound:
            self._rows.popleft()
            self.dropped += 1


def _columns(rows: list[Stage]) -> list[list[Any]]:
    return [
        [row.event_id for row in rows],
        [row.time_ms for row in rows],
        [row.flow_id for row in rows],
        [row.stage for row in rows],
        [row.symbol for row in rows],
        [row.detail for row in rows],
    ]
