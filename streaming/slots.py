"""One minute of all symbols, as arrays: where its trades are added up.

The rules are those of `docs/architecture.md`, "A correct bar": open and close follow the order
(time, sequence) whatever the order of arrival; what a trade may update is in its flags.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streaming.ticks import TickBatch

NO_TIME = np.iinfo(np.int64).max
GROW = 1.5

STATE = np.dtype(
    [
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
        ("turnover", "f8"),
        ("open_ms", "i8"),
        ("open_sequence", "i8"),
        ("close_ms", "i8"),
        ("close_sequence", "i8"),
        ("trade_count", "i4"),
        ("revision", "i4"),
    ]
)


@dataclass(frozen=True, slots=True)
class MinuteBars:
    """The bars of one minute, a row a symbol that has one.

    minute_ms: the minute's start, Unix milliseconds. symbol_id int32; open, high, low, close,
    volume, vwap float64; trade_count and revision int32 (revision: how many late trades changed
    the bar); is_partial: trades of the minute may be missing; last_ms: time of the last trade
    that set the close.
    """

    minute_ms: int
    symbol_id: NDArray[np.int32]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    vwap: NDArray[np.float64]
    trade_count: NDArray[np.int32]
    revision: NDArray[np.int32]
    is_partial: NDArray[np.bool_]
    last_ms: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.symbol_id)


@njit(cache=True, nogil=True)
def _add(state, symbol_id, time_ms, price, size, flags, sequence):
    for i in range(len(symbol_id)):
        bar = state[symbol_id[i]]
        may = flags[i]
        if may & 3:  # a price that opens or closes the bar lies in its range, whatever else it may
            if price[i] > bar.high:
                bar.high = price[i]
            if price[i] < bar.low:
                bar.low = price[i]
        if may & 2:
            at, order = time_ms[i], sequence[i]
            if at < bar.open_ms or (at == bar.open_ms and order < bar.open_sequence):
                bar.open, bar.open_ms, bar.open_sequence = price[i], at, order
            if at > bar.close_ms or (at == bar.close_ms and order >= bar.close_sequence):
                bar.close, bar.close_ms, bar.close_sequence = price[i], at, order
        if may & 4:
            bar.volume += size[i]
            bar.turnover += price[i] * size[i]
        if may & 7:
            bar.trade_count += 1


class MinuteSlot:
    """The trades of one minute, added up for every symbol; grows with the symbol table."""

    def __init__(self, minute_ms: int, capacity: int) -> None:
        self.minute_ms = minute_ms
        self.partial = False
        self.state = _blank(capacity)
        self._revised: set[int] = set()

    def reserve(self, symbols: int) -> None:
        """Room for symbol ids below `symbols`."""
        missing = symbols - len(self.state)
        if missing > 0:
            grown = max(missing, int(len(self.state) * (GROW - 1)))
            self.state = np.concatenate([self.state, _blank(grown)])

    def add(self, batch: TickBatch, flags: NDArray[np.uint8]) -> None:
        """Count trades of this minute; `flags` with hours already considered."""
        _add(
            self.state,
            batch.symbol_id,
            batch.time_ms,
            batch.price,
            batch.size,
            flags,
            batch.sequence,
        )

    def revise(self, batch: TickBatch, flags: NDArray[np.uint8]) -> None:
        """Count late trades of this minute, and remember whose bars they changed."""
        self.add(batch, flags)
        counted = batch.symbol_id[flags != 0]
        np.add.at(self.state["revision"], counted, 1)
        self._revised.update(np.unique(counted).tolist())

    def bars(self) -> MinuteBars:
        """Every bar of the minute."""
        return self._of(np.flatnonzero(self.state["close_ms"] >= 0))

    def take_revised(self) -> MinuteBars:
        """The bars that late trades changed since the last call."""
        rows = np.array(sorted(self._revised), dtype=np.intp)
        self._revised.clear()
        return self._of(rows[self.state["close_ms"][rows] >= 0])

    def _of(self, rows: NDArray[np.intp]) -> MinuteBars:
        state = self.state[rows]
        with np.errstate(invalid="ignore", divide="ignore"):
            vwap = state["turnover"] / state["volume"]
        return MinuteBars(
            minute_ms=self.minute_ms,
            symbol_id=rows.astype(np.int32),
            vwap=vwap,
            is_partial=np.full(len(rows), self.partial),
            last_ms=state["close_ms"],
            **{
                name: state[name]
                for name in ("open", "high", "low", "close", "volume", "trade_count", "revision")
            },
        )


def _blank(count: int) -> NDArray[np.void]:
    state = np.zeros(count, STATE)
    state["high"], state["low"] = -np.inf, np.inf
    state["open_ms"], state["close_ms"] = NO_TIME, -1
    return state
