"""A made-up tape with everything that makes a bar hard, and what its bars have to be.

`expected_bars` is a second, slow way to the same bars: a dictionary, one trade at a time, written
from the rules of a correct bar and not from the program.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path

MINUTE_MS = 60_000
GRACE_MS = 250
LATE_MINUTES = 15
# 2024-07-02 14:00 UTC: 10:00 in New York, a Tuesday.
START_MS = 1_719_928_800_000
ODD_LOT = 37


@dataclass(frozen=True)
class Trade:
    """One trade as it arrives; `condition` 0 is an ordinary one."""

    symbol: str
    time_ms: int
    price: float
    size: float
    condition: int
    trade_id: int
    sequence: int


def hard_tape(seed: int, minutes: int = 45, symbols: int = 4) -> list[Trade]:
    """Trades in the order of arrival: late, repeated, out of order, odd lots, silent minutes."""
    dice = random.Random(seed)
    names = [f"T{number}" for number in range(symbols)]
    price = dict.fromkeys(names, 100.0)
    arrivals: list[tuple[float, Trade]] = []
    made = 0
    for minute in range(minutes):
        if minute % 11 in (6, 7, 8):  # a halt
            continue
        for name in names:
            for _ in range(dice.choice([0, 1, 2, 6, 12])):
                made += 1
                price[name] = round(price[name] * (1 + dice.gauss(0, 0.002)), 2)
                at = START_MS + minute * MINUTE_MS + dice.randrange(MINUTE_MS)
                odd = dice.random() < 0.15
                size = dice.randrange(1, 100) if odd else 100.0 * dice.randrange(1, 9)
                condition = ODD_LOT if odd else 0
                trade = Trade(name, at, price[name], float(size), condition, made, made)
                arrivals.append((at + _delay(dice), trade))
                if dice.random() < 0.05:
                    arrivals.append((at + _delay(dice), trade))
    return [trade for _, trade in sorted(arrivals, key=lambda item: item[0])]


def _delay(dice: random.Random) -> float:
    """How many ms a trade is under way: some none, some seconds, a few many minutes.

    None comes close to the last moment at which it still counts, which depends on how the tape is
    cut into entries.
    """
    kind = dice.random()
    if kind < 0.9:
        return dice.random() * 200
    if kind < 0.995:
        return dice.random() * (20_000 if kind < 0.97 else 13 * MINUTE_MS)
    return 25 * MINUTE_MS


def write_csv(trades: list[Trade], path: Path) -> Path:
    """The tape as CSV with every column of the contract."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        names = ("symbol", "timestamp_ms", "price", "size", "conditions", "exchange", "id")
        writer.writerow([*names, "sequence"])
        for t in trades:
            known = (t.symbol, t.time_ms, t.price, t.size, t.condition or "", 4, t.trade_id)
            writer.writerow([*known, t.sequence])
    return path


Bar = tuple[float, float, float, float, float, int]


def expected_bars(trades: list[Trade]) -> dict[tuple[str, int], Bar]:
    """(symbol, minute) → open, high, low, close, volume, number of trades."""
    newest, floor = 0, None
    seen: set[int] = set()
    kept: dict[tuple[str, int], list[Trade]] = {}
    for trade in trades:
        minute = trade.time_ms // MINUTE_MS
        closed = (newest - GRACE_MS) // MINUTE_MS - 1
        if newest and minute <= closed - LATE_MINUTES:
            continue
        floor = minute if floor is None else floor
        newest = max(newest, trade.time_ms)
        if trade.trade_id in seen:
            continue
        seen.add(trade.trade_id)
        if closed >= minute and minute < floor:
            continue
        kept.setdefault((trade.symbol, minute), []).append(trade)
    made = {key: _bar(found) for key, found in kept.items()}
    return {(name, minute * MINUTE_MS): bar for (name, minute), bar in made.items() if bar}


def _bar(trades: list[Trade]) -> Bar | None:
    ordered = sorted(trades, key=lambda t: (t.time_ms, t.sequence))
    priced = [t.price for t in ordered if t.condition != ODD_LOT]
    if not priced:
        return None
    volume = sum(t.size for t in ordered)
    return priced[0], max(priced), min(priced), priced[-1], volume, len(ordered)
