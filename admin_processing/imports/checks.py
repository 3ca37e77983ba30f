"""A batch of bars as it came: which rows are good, and what is wrong with the others.

Pure: columns in, one reason a row out. What is checked, and the bounds, are in `reasons`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from admin_processing.imports import row_order
from admin_processing.imports.names import numbered
from admin_processing.imports.reasons import JUMP, LONGEST_NAME, STALE_RUN, Reason
from admin_processing.imports.row_checks import Codes, Mask, check_rows
from admin_processing.providers.base import BarBatch, Floats, Ints, SplitRow
from market.calendar import MarketCalendar, to_ms


@dataclass(frozen=True, slots=True)
class Checked:
    """reason: one `Reason` a row. against: the close that a jump is held against, NaN elsewhere."""

    reason: Codes
    against: Floats

    @property
    def good(self) -> Mask:
        """The rows to be stored."""
        return self.reason == Reason.GOOD

    @property
    def faults(self) -> Mask:
        """The rows to be listed."""
        return (self.reason != Reason.GOOD) & (self.reason < Reason.REPEATED)

    def count(self, reason: Reason) -> int:
        """How many rows are so."""
        return int(np.count_nonzero(self.reason == reason))


def check(
    bars: BarBatch,
    before: BarBatch,
    timeframe: str,
    now_ms: int,
    hours: MarketCalendar,
    splits: Sequence[SplitRow] = (),
) -> Checked:
    """What each row of `bars` is.

    before: stored bars from before the batch, the last `STALE_RUN - 1` of each symbol. now_ms:
    bars must have ended by then. splits: those that may explain a jump.
    """
    reason = check_rows(bars, timeframe, now_ms, hours)
    against = np.full(len(bars), np.nan)
    ordered = _Ordered(bars, before, reason)
    repeated, contested = row_order.twins(ordered.place, ordered.bars)
    ordered.mark(repeated, Reason.REPEATED)
    ordered.mark(contested, Reason.DUPLICATE)
    ordered = _Ordered(bars, before, reason)
    ordered.mark(row_order.stale(ordered.place, ordered.bars, STALE_RUN[timeframe]), Reason.STALE)
    ordered = _Ordered(bars, before, reason)
    shares = _by_place(splits, ordered.names)
    jumped, closes = row_order.jumps(ordered.place, ordered.bars, ordered.is_new, shares)
    ordered.mark(jumped, Reason.JUMP)
    against[ordered.row[jumped]] = closes[jumped]
    return Checked(reason, against)


class _Ordered:
    """What is good so far, behind what is stored, in the order of (symbol, time)."""

    def __init__(self, bars: BarBatch, before: BarBatch, reason: Codes) -> None:
        self._reason = reason
        rows = np.flatnonzero(reason == Reason.GOOD)
        together = _joined(before, bars if len(rows) == len(bars) else bars.where(rows))
        row = np.r_[np.full(len(before), -1), rows]
        self.names, place = numbered(together.symbol)
        order = _order(place, together.time_ms)
        self.bars, self.place, self.row = together.where(order), place[order], row[order]
        self.is_new = self.row >= 0

    def mark(self, found: Mask, why: Reason) -> None:
        """Give a reason to rows of the batch; stored ones are beyond judgement."""
        self._reason[self.row[found & self.is_new]] = why


def _order(place: Ints, time_ms: Ints) -> Ints:
    """The rows by symbol and time; they mostly come so."""
    later = (place[1:] > place[:-1]) | ((place[1:] == place[:-1]) & (time_ms[1:] >= time_ms[:-1]))
    return np.arange(len(place)) if later.all() else np.lexsort((time_ms, place))


def _joined(first: BarBatch, second: BarBatch) -> BarBatch:
    if not len(first):
        return second
    names = BarBatch.__dataclass_fields__
    return BarBatch(
        *(np.concatenate([getattr(first, name), getattr(second, name)]) for name in names)
    )


def _by_place(
    splits: Sequence[SplitRow], names: NDArray[Any]
) -> dict[int, list[tuple[int, float]]]:
    """By the symbol's number: (day in Unix ms, new shares for an old one)."""
    places = {name: place for place, name in enumerate(names.tolist())}
    found: dict[int, list[tuple[int, float]]] = {}
    for split in splits:
        if split.symbol in places:
            day = to_ms(datetime.combine(split.execution_date, time(), UTC))
            share = split.split_to / split.split_from
            found.setdefault(places[split.symbol], []).append((day, share))
    return found


def explain(bars: BarBatch, checked: Checked, row: int) -> str:
    """What is wrong with a row, with its values and the bound."""
    values = {name: getattr(bars, name)[row].item() for name in row_order.ALL_VALUES}
    told = f"open {values['open']:g}, high {values['high']:g}, low {values['low']:g}, "
    told += f"close {values['close']:g}"
    words = {
        Reason.RANGE: f"high and low must enclose open and close: {told}",
        Reason.PRICE: f"prices must be finite and above 0: {told}, vwap {values['vwap']:g}",
        Reason.VOLUME: f"volume {values['volume']:g} and {values['trade_count']} trades: "
        "neither may be below 0, nor be no number",
        Reason.NO_VOLUME: "volume 0: a day's bar is made of trades",
        Reason.NAME: f"symbol {str(bars.symbol[row])[:40]!r}: 1 to {LONGEST_NAME} letters",
        Reason.FUTURE: "not over yet when it was imported",
        Reason.SESSION: "the market has no session then, or no bar begins there",
        Reason.DUPLICATE: f"the same bar came with other values; this one: {told}, "
        f"volume {values['volume']:g}",
        Reason.STALE: "all five values as in each of so many bars before it: a source that "
        "stands still",
        Reason.JUMP: f"open {values['open']:g}, close {values['close']:g} after "
        f"{checked.against[row]:g}: more than {JUMP:g} times, and no split is known near it",
        Reason.MIXED_ADJUSTMENT: "adjusted bars and bars as traded would mix on these days",
    }
    return words[Reason(int(checked.reason[row]))]


__all__ = ["Checked", "check", "explain"]
