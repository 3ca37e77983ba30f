"""Columns of a BarBatch, made of whatever a source has sent. Pure; nothing given here raises.

What is no number becomes NaN, what is no time `BAD_TIME_MS`, what is no count `BAD_COUNT`: the
import sets such rows aside with their reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from admin_processing.providers.base import BarBatch, Floats, Ints
from market.calendar import DAY_MS

NEW_YORK = "America/New_York"
BAD_TIME_MS = -1
"""Neither the beginning of a day nor of a minute: no bar can have it."""
BAD_COUNT = -1
LONGEST_NAME = 40
"""Longer names are cut: they are refused all the same, and one would widen its whole column."""
EARLIEST_MS, LATEST_MS = -2_208_988_800_000, 7_258_118_400_000
"""1900 and 2200: outside of them there is no daylight saving to be looked up."""


def name(value: Any) -> str:
    """A symbol's name as it was sent; empty for what is no text."""
    if not isinstance(value, str):
        return ""
    return value[:LONGEST_NAME].encode("utf-8", "replace").decode()


def number(value: Any) -> float:
    """A number; NaN for everything else, truth values and texts included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.nan


def whole(value: Any, otherwise: int) -> int:
    """A whole number that fits 64 bits, `5.0` included; `otherwise` for everything else."""
    exact = number(value)
    if not abs(exact) < 2**63 or exact != int(exact):
        return otherwise
    return int(value)


def names(values: Iterable[Any]) -> NDArray[np.str_]:
    """A column of names."""
    return np.array([name(value) for value in values] or np.empty(0, "U1"), np.str_)


def day_starts(time_ms: Ints) -> Ints:
    """00:00 UTC of the date that it is in New York at each of these moments, all Unix ms."""
    usable = (time_ms >= EARLIEST_MS) & (time_ms < LATEST_MS) & (time_ms != BAD_TIME_MS)
    moments = np.where(usable, time_ms, 0).astype("datetime64[ms]")
    local = pd.DatetimeIndex(moments, tz="UTC").tz_convert(NEW_YORK).tz_localize(None)
    days = local.to_numpy().astype("datetime64[D]").astype(np.int64)
    return np.where(usable, days * DAY_MS, BAD_TIME_MS)


def session_days(time_ms: Ints) -> Ints:
    """The same, where 00:00 UTC already stands for its date, as it does in most files."""
    are_dates = time_ms % DAY_MS == 0
    return time_ms if are_dates.all() else np.where(are_dates, time_ms, day_starts(time_ms))


def chosen_rows(bars: BarBatch, symbols: Sequence[str]) -> BarBatch:
    """The rows of these symbols; all of them for none."""
    return bars.where(np.isin(bars.symbol, list(symbols))) if symbols else bars


def no_vwap(rows: int) -> Floats:
    """A column of no VWAPs."""
    return np.full(rows, np.nan)


def no_counts(rows: int) -> Ints:
    """A column of unknown numbers of trades."""
    return np.zeros(rows, np.int64)
