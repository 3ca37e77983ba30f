"""Typed messages to columns. Pure; `scanner` does the same to plain frames, many times faster."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from market.conditions import EVERYTHING, UNKNOWN, ConditionTable
from streaming.feeds.hashing import hash_texts, trade_keys
from streaming.feeds.limits import MOST_SYMBOLS, REASONS, faults, is_symbol
from streaming.feeds.massive.messages import LimitBand, Rejected, Trade
from streaming.ticks import SymbolTable, TickBatch

DECIMAL = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)
HALT, RESUMPTION = 17, 18
# Milliseconds reach this in the year 5138; LULD times above it are microseconds.
MICROSECONDS = 100_000_000_000_000


@dataclass(frozen=True, slots=True)
class Halt:
    """Trading in a symbol stopped, or goes on."""

    symbol: str
    time_ms: int
    halted: bool


@dataclass
class Universe:
    """Which symbols count, and their ids. `accepted` None takes whatever looks like a symbol."""

    table: SymbolTable
    accepted: frozenset[str] | None = None

    def id(self, name: str) -> int:
        """The symbol's id, or -1 if it is not one of ours."""
        if self.accepted is not None:
            return self.table.id(name) if name in self.accepted else -1
        known = self.table.find(name)
        if known is not None:
            return known
        if not is_symbol(name) or len(self.table) >= MOST_SYMBOLS:
            return -1
        return self.table.id(name)


@dataclass
class Flags:
    """Condition lists to flags, remembered by list; unknown ids are counted."""

    table: ConditionTable
    unknown: Counter[int] = field(default_factory=Counter)
    _known: dict[tuple[int, ...], int] = field(default_factory=dict)

    def of(self, conditions: list[int] | None) -> int:
        """What a trade with these conditions may update."""
        if not conditions:
            return EVERYTHING
        key = tuple(conditions)
        flags = self._known.get(key)
        if flags is None:
            flags = self.table.flags(key)
            if len(self._known) < 4096:
                self._known[key] = flags
        if flags & UNKNOWN:
            self._count(key)
        return flags & ~UNKNOWN

    def _count(self, conditions: tuple[int, ...]) -> None:
        for condition in conditions:
            if not self.table.knows(condition) and len(self.unknown) < 1024:
                self.unknown[condition] += 1


def trade_columns(
    trades: Sequence[Trade],
    universe: Universe,
    flags: Flags,
    earliest_ms: int,
    latest_ms: int,
    rejected: Rejected,
) -> TickBatch:
    """The good ones of `trades` as columns, in their order; the others are counted."""
    names = [trade.sym for trade in trades]
    ids = np.array([universe.id(name) for name in names], np.int32)
    time_ms = np.array([trade.t for trade in trades], np.int64)
    price = np.array([trade.p for trade in trades], np.float64)
    size = np.array([decimal_size(trade) for trade in trades], np.float64)
    good = _good(ids, faults(time_ms, price, size, earliest_ms, latest_ms), trades, rejected)
    return TickBatch(
        symbol_id=ids,
        time_ms=time_ms,
        price=price,
        size=size,
        flags=_flags(trades, good, flags),
        sequence=np.array([trade.q for trade in trades], np.int64),
        trade_key=trade_keys(
            time_ms,
            hash_texts(names),
            np.array([trade.x for trade in trades], np.int64),
            np.array([trade.trfi for trade in trades], np.int64),
            hash_texts([trade.i for trade in trades]),
        ),
    ).take(good)


def decimal_size(trade: Trade) -> float:
    """The size with its fraction; NaN where `ds` is no number."""
    if trade.ds is None:
        return trade.s
    return float(trade.ds) if DECIMAL.fullmatch(trade.ds) else float("nan")


def halts(bands: Sequence[LimitBand]) -> list[Halt]:
    """The halts and resumptions among `bands`; their times are milliseconds, whatever came."""
    return [
        Halt(band.T, band.t // 1000 if band.t > MICROSECONDS else band.t, HALT in band.i)
        for band in bands
        if HALT in band.i or RESUMPTION in band.i
    ]


def _flags(trades: Sequence[Trade], good: NDArray[np.bool_], flags: Flags) -> NDArray[np.uint8]:
    pairs = zip(trades, good.tolist(), strict=True)
    return np.array([flags.of(trade.c) if fine else 0 for trade, fine in pairs], np.uint8)


def _good(
    ids: NDArray[np.int32], found: NDArray[np.uint8], trades: Sequence[Trade], rejected: Rejected
) -> NDArray[np.bool_]:
    strange = ids < 0
    for row in np.flatnonzero(strange | (found > 0)).tolist():
        reason = "unknown_symbol" if strange[row] else REASONS[int(found[row])]
        sample = f"{trades[row].sym[:32]} p={trades[row].p} s={trades[row].s} t={trades[row].t}"
        rejected.add(reason, sample.encode(errors="replace"))
    return ~strange & (found == 0)
