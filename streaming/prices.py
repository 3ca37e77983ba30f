"""The newest price of every symbol, and which of them are due to be shown."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from streaming.ticks import OPEN_CLOSE, VOLUME, SymbolTable, TickBatch

QUIET_MS = 250
GROW = 256


class PriceBoard:
    """Latest price, session volume and previous close by symbol id.

    Written by the feed's thread, a batch at a time; read by the thread that publishes. A price is
    due at most every `QUIET_MS` a symbol, and at once after a quiet spell.
    """

    def __init__(self, symbols: SymbolTable) -> None:
        self.symbols = symbols
        self._lock = threading.Lock()
        self._session_ms = 0
        self.price: NDArray[np.float64] = np.empty(0)
        self.time_ms: NDArray[np.int64] = np.empty(0, np.int64)
        self.volume: NDArray[np.float64] = np.empty(0)
        self.reference: NDArray[np.float64] = np.empty(0)
        self.seen_ms: NDArray[np.int64] = np.empty(0, np.int64)
        self._sent_ms: NDArray[np.int64] = np.empty(0, np.int64)
        self._shown_ms: NDArray[np.int64] = np.empty(0, np.int64)

    def reserve(self, count: int) -> None:
        """Room for symbol ids below `count`."""
        missing = count - len(self.price)
        if missing <= 0:
            return
        more = max(missing, GROW)
        for name, blank in (
            ("price", np.nan),
            ("time_ms", 0),
            ("volume", 0.0),
            ("reference", np.nan),
            ("seen_ms", 0),
            ("_sent_ms", 0),
            ("_shown_ms", 0),
        ):
            old = getattr(self, name)
            setattr(self, name, np.concatenate([old, np.full(more, blank, old.dtype)]))

    def update(self, batch: TickBatch, received_ms: int) -> None:
        """Take the newest price and the volume of each symbol in the batch."""
        with self._lock:
            self._update(batch, received_ms)

    def _update(self, batch: TickBatch, received_ms: int) -> None:
        self.reserve(len(self.symbols))
        shown = (batch.flags & OPEN_CLOSE) != 0
        ids, times = batch.symbol_id[shown], batch.time_ms[shown]
        newer = np.flatnonzero(times >= self.time_ms[ids])
        if (np.diff(times) < 0).any():
            newer = newer[np.argsort(times[newer], kind="stable")]
        ids, times = ids[newer], times[newer]
        # Repeated ids: the last assignment stands, which is the newest trade's.
        self.price[ids] = batch.price[shown][newer]
        self.time_ms[ids] = times
        counted = (batch.flags & VOLUME) != 0
        self.volume += np.bincount(
            batch.symbol_id[counted], batch.size[counted], minlength=len(self.volume)
        )
        self.seen_ms[batch.symbol_id] = received_ms
        unknown = np.isnan(self.reference[ids])
        if unknown.any():
            self.reference[ids[unknown]] = self.price[ids[unknown]]

    def set_references(self, closes: Mapping[str, float]) -> None:
        """Previous closes, against which changes are told."""
        self.reserve(len(self.symbols))
        for name, close in closes.items():
            found = self.symbols.find(name)
            if found is not None:
                self.reference[found] = close

    def set_volumes(self, volumes: Mapping[str, float]) -> None:
        """The session's volume so far, where the stream takes it up in the middle."""
        self.reserve(len(self.symbols))
        for name, volume in volumes.items():
            found = self.symbols.find(name)
            if found is not None:
                self.volume[found] = volume

    def start_session_if_new(self, start_ms: int) -> None:
        """In a session that began later than the last one seen, volumes start from nothing."""
        if self._session_ms and start_ms > self._session_ms:
            self.volume[:] = 0
        self._session_ms = start_ms

    def active(self, since_ms: int) -> int:
        """How many symbols ticked since this wall time."""
        return int((self.seen_ms >= since_ms).sum())

    def due(self, now_ms: int) -> dict[str, list[float]]:
        """Quotes of the symbols whose newer price is to be shown now; they count as shown."""
        with self._lock:
            fresh = (self.time_ms > self._shown_ms) & (now_ms - self._sent_ms >= QUIET_MS)
            rows = np.flatnonzero(fresh)
            self._sent_ms[rows] = now_ms
            self._shown_ms[rows] = self.time_ms[rows]
            return self._quotes(rows)

    def snapshot(self) -> dict[str, list[float]]:
        """Quotes of every symbol that has a price."""
        with self._lock:
            return self._quotes(np.flatnonzero(self.time_ms > 0))

    def _quotes(self, rows: NDArray[np.intp]) -> dict[str, list[float]]:
        """`{symbol: [price, change in percent, session volume, time_ms]}` of these symbols."""
        names = self.symbols.names
        price, reference = self.price[rows], self.reference[rows]
        change = np.round((price / reference - 1) * 100, 4)
        change = np.where(np.isfinite(change), change, 0.0)
        columns = zip(
            rows.tolist(),
            price.tolist(),
            change.tolist(),
            np.round(self.volume[rows], 4).tolist(),
            self.time_ms[rows].tolist(),
            strict=True,
        )
        return {names[row]: [p, c, v, t] for row, p, c, v, t in columns}
