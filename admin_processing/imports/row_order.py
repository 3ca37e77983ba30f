"""What only shows beside other rows: duplicates, stale runs, jumps. Pure: columns in, reasons out.

Each function takes rows in the order of (symbol, time) and says which of them are at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from admin_processing.imports.reasons import JUMP, LOOK_BACK_DAYS, SPLIT_DAYS
from admin_processing.imports.row_checks import Mask
from admin_processing.providers.base import BarBatch, Floats, Ints
from market.calendar import DAY_MS

VALUES = ("open", "high", "low", "close", "volume")
ALL_VALUES = (*VALUES, "vwap", "trade_count")
Explains = Callable[[int, int, float], bool]
"""Whether a split explains: times of two bars, Unix ms, and by what the price went."""


def twins(place: Ints, bars: BarBatch) -> tuple[Mask, Mask]:
    """Rows that repeat the one before them in all values, and rows whose bar is there otherwise.

    place: each row's symbol as a number.
    """
    same_bar = _follows(place) & np.r_[False, bars.time_ms[1:] == bars.time_ms[:-1]]
    repeats = same_bar & _alike(bars, ALL_VALUES)
    bar = np.cumsum(~same_bar) - 1
    versions = np.bincount(bar, weights=~repeats, minlength=1) if len(bar) else np.empty(0)
    contested = versions[bar] > 1
    return repeats & ~contested, contested


def stale(place: Ints, bars: BarBatch, run: int) -> Mask:
    """Rows that equal each of the `run` - 1 bars before them."""
    repeats = _follows(place) & _alike(bars, VALUES)
    index = np.arange(len(bars))
    began = np.maximum.accumulate(np.where(repeats, 0, index)) if len(bars) else index
    return np.asarray(index - began >= run - 1)


def jumps(
    place: Ints, bars: BarBatch, is_new: Mask, splits: Mapping[int, Sequence[tuple[int, float]]]
) -> tuple[Mask, Floats]:
    """New rows that are no neighbours of the bar before, and the close that each is held against.

    A bar is good beside the last good one, or beside the one that was set aside just before it: a
    price that stays where it jumped to is set aside once. splits: by symbol's number, (day in
    Unix ms, new shares for an old one).
    """
    found, against = np.zeros(len(bars), bool), np.full(len(bars), np.nan)
    close = bars.close
    if len(bars) > 1:
        against[1:] = np.where(_follows(place)[1:], close[:-1], np.nan)
    for symbol in np.unique(place[_far(bars, against)]).tolist():
        first, end = np.searchsorted(place, [symbol, symbol + 1]).tolist()
        known = splits.get(symbol, ())
        _walk(bars, range(first, end), is_new, known, found, against)
    return found, against


def _follows(place: Ints) -> Mask:
    return np.r_[False, place[1:] == place[:-1]] if len(place) else np.empty(0, bool)


def _alike(bars: BarBatch, names: Sequence[str]) -> Mask:
    same = np.ones(len(bars), bool)
    for name in names:
        values = getattr(bars, name)
        equal = (values[1:] == values[:-1]) | ((values[1:] != values[1:]) & _nan(values[:-1]))
        same[1:] &= equal
    return same


def _nan(values: Floats | Ints) -> Mask:
    return np.asarray(values != values)


def _far(bars: BarBatch, against: Floats) -> Mask:
    return _ratio(bars.open, against) | _ratio(bars.close, against)


def _ratio(price: Floats, against: Floats) -> Mask:
    return np.asarray((price > against * JUMP) | (price * JUMP < against))


def _walk(
    bars: BarBatch,
    rows: range,
    is_new: Mask,
    splits: Sequence[tuple[int, float]],
    found: Mask,
    against: Floats,
) -> None:
    """One symbol's bars in order; marks the jumps among the new ones in `found`."""
    kept = aside = None
    for row in rows:
        near_kept = kept is None or _near(bars, kept, row, splits)
        if not is_new[row] or near_kept or (aside is not None and _near(bars, aside, row, splits)):
            kept, aside = row, None
            continue
        found[row], against[row] = True, bars.close[kept]
        aside = row


def _near(bars: BarBatch, before: int, row: int, splits: Sequence[tuple[int, float]]) -> bool:
    began, ended = int(bars.time_ms[before]), int(bars.time_ms[row])
    if ended - began > LOOK_BACK_DAYS * DAY_MS:
        return True
    slack = SPLIT_DAYS * DAY_MS
    factors = [share for day, share in splits if began - slack <= day <= ended + slack]
    close, prices = float(bars.close[before]), (float(bars.open[row]), float(bars.close[row]))
    return any(
        all(close / JUMP <= price * factor <= close * JUMP for price in prices)
        for factor in (1.0, *factors)
    )
