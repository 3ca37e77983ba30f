"""Tables of bars, whatever their columns are called, as columns of a BarBatch. Pure.

Columns are known by name, in any order and letter case: `COLUMNS`. Times are dates, timestamps
(UTC where they name no zone), ISO 8601 texts, dates like 20171109, or Unix times in seconds to
nanoseconds, told apart by their size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from admin_processing.providers import columns
from admin_processing.providers.base import DAY, MINUTE, BarBatch, Floats, Ints, UnitFailed
from market.calendar import DAY_MS
from streaming.feeds.replay.columns import floats, integers

COLUMNS: dict[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker", "sym", "name"),
    "time": ("timestamp_ms", "timestamp", "date", "datetime", "window_start", "time", "day", "t"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "volume": ("volume", "vol", "v"),
    "vwap": ("vwap", "vw"),
    "trade_count": ("trade_count", "transactions", "trades", "n"),
}
NEEDED = ("time", "open", "high", "low", "close", "volume")
FIRST_DATE, LAST_DATE = 19_000_101, 22_001_231
INTRADAY_MS = DAY_MS // 2
UNITS_OF_TIME = ((10**17, 1_000_000), (10**14, 1_000))
"""From this size on a Unix time counts nanoseconds, microseconds: so many a millisecond."""
SECONDS_BELOW = 10**11


def layout(found: Sequence[str]) -> dict[str, str]:
    """Which of a table's columns means what. Raises UnitFailed where one that is needed is not."""
    plain = {name.strip().lower(): name for name in found}
    if len(plain) < len(found):
        raise UnitFailed(f"two columns have the same name: {', '.join(found)[:200]}")
    meant = {
        meaning: plain[known[0]]
        for meaning, names in COLUMNS.items()
        if (known := [name for name in names if name in plain])
    }
    if missing := [meaning for meaning in NEEDED if meaning not in meant]:
        called = " or ".join(COLUMNS[missing[0]])
        raise UnitFailed(
            f"no column for {missing[0]}, which would be called {called}; "
            f"there are {', '.join(found)[:200]}"
        )
    return meant


@dataclass(frozen=True, slots=True)
class BarTable:
    """Rows of a file. names: the different symbols. place: each row's place among them.

    time_ms: as in the file, Unix ms; `columns.BAD_TIME_MS` where there is no time. timeframe: how
    long the bars seem to be; empty where there are too few to tell.
    """

    names: NDArray[np.str_]
    place: Ints
    time_ms: Ints
    prices: dict[str, Floats]
    trade_count: Ints
    timeframe: str

    def batch(self, timeframe: str, symbols: Sequence[str] = ()) -> BarBatch:
        """The bars of these symbols, or all. Raises UnitFailed where they are of another length."""
        if self.timeframe not in ("", timeframe):
            held, asked = ("minute", "daily") if timeframe == DAY else ("daily", "minute")
            raise UnitFailed(f"it holds {held} bars, and {asked} bars were asked for")
        rows = self._rows(symbols)
        time_ms = self.time_ms[rows]
        return BarBatch(
            symbol=self.names[self.place[rows]],
            time_ms=columns.session_days(time_ms) if timeframe == DAY else time_ms,
            trade_count=self.trade_count[rows],
            **{name: values[rows] for name, values in self.prices.items()},
        )

    def _rows(self, symbols: Sequence[str]) -> Ints:
        chosen = np.isin(self.names, list(symbols)) if symbols else np.ones(len(self.names), bool)
        return np.flatnonzero(chosen[self.place])


def bar_table(table: pa.Table, symbol: str = "") -> BarTable:
    """Columns of a table that has those needed; `symbol` names its rows where no column does."""
    meant = layout(table.column_names)
    names, place = _symbols(table, meant.get("symbol"), symbol)
    prices = {
        name: floats(_one(table[meant[name]])) if name in meant else columns.no_vwap(len(table))
        for name in ("open", "high", "low", "close", "volume", "vwap")
    }
    counts = _counts(_one(table[meant["trade_count"]])) if "trade_count" in meant else None
    time_ms = times(_one(table[meant["time"]]))
    return BarTable(
        names=names,
        place=place,
        time_ms=time_ms,
        prices=prices,
        trade_count=columns.no_counts(len(table)) if counts is None else counts,
        timeframe=_timeframe(place, time_ms),
    )


def times(column: pa.Array) -> Ints:
    """Unix ms of a column of times of any kind."""
    if pa.types.is_date(column.type):
        column = pc.cast(column, pa.timestamp("ms"))
    if pa.types.is_timestamp(column.type):
        ms = pc.cast(column, pa.timestamp("ms", column.type.tz), safe=False).cast(pa.int64())
        return np.asarray(pc.fill_null(ms, columns.BAD_TIME_MS))
    values, valid = integers(column)
    numbers = np.where(valid, _numbers(values), columns.BAD_TIME_MS)
    return numbers if valid.all() or not _is_text(column) else _texts(column, numbers, valid)


def _numbers(values: Ints) -> Ints:
    """Unix times, or dates written as one number, as Unix ms."""
    size = np.abs(values)
    found = np.where(size < SECONDS_BELOW, values * 1000, values)
    for least, per_ms in UNITS_OF_TIME[::-1]:
        found = np.where(size >= least, values // per_ms, found)
    are_dates = (values >= FIRST_DATE) & (values <= LAST_DATE)
    return np.where(are_dates, _dates(np.where(are_dates, values, FIRST_DATE)), found)


def _dates(values: Ints) -> Ints:
    """Unix ms of numbers like 20171109; 20171131 has none."""
    month, day = values // 100 % 100, values % 100
    fits = (month >= 1) & (month <= 12) & (day >= 1)
    months = (values // 10_000 - 1970) * 12 + np.where(fits, month, 1) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]")
    found = first + (day - 1)
    fits &= found.astype("datetime64[M]") == first.astype("datetime64[M]")
    return np.where(fits, found.astype(np.int64) * DAY_MS, columns.BAD_TIME_MS)


def _texts(column: pa.Array, numbers: Ints, valid: NDArray[np.bool_]) -> Ints:
    encoded = pc.dictionary_encode(column)
    parsed = pd.to_datetime(
        encoded.dictionary.to_pandas(), errors="coerce", utc=True, format="ISO8601"
    )
    moments = parsed.to_numpy("datetime64[ms]")
    unix = np.where(np.isnat(moments), columns.BAD_TIME_MS, moments.astype(np.int64))
    unix = np.append(unix, columns.BAD_TIME_MS)
    codes = np.asarray(pc.fill_null(encoded.indices, len(unix) - 1))
    return np.where(valid, numbers, unix[codes])


def _timeframe(place: Ints, time_ms: Ints) -> str:
    """By how far apart most neighbouring bars of a symbol are."""
    apart = np.abs(np.diff(time_ms))[place[1:] == place[:-1]]
    apart = apart[apart > 0]  # the same bar twice tells nothing
    if not len(apart):
        return ""
    return MINUTE if float(np.median(apart)) < INTRADAY_MS else DAY


def _symbols(table: pa.Table, column: str | None, symbol: str) -> tuple[NDArray[np.str_], Ints]:
    if column is None:
        return np.array([columns.name(symbol)]), np.zeros(len(table), np.int64)
    values = _one(table[column])
    if not (_is_text(values) or _is_binary(values)):
        values = pc.cast(values, pa.large_string())
    text = values.cast(pa.large_binary())
    encoded = pc.dictionary_encode(pc.fill_null(text, b""))
    spelt = [value.decode(errors="replace").strip() for value in encoded.dictionary.to_pylist()]
    names, place = np.unique(columns.names(spelt), return_inverse=True)
    return names, place.astype(np.int64)[np.asarray(encoded.indices)]


def _counts(column: pa.Array) -> Ints:
    values, valid = integers(column)
    unknown = np.asarray(pc.is_null(column))
    return np.where(unknown, 0, np.where(valid, values, columns.BAD_COUNT))


def _one(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece, texts as texts."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], whole.type)
    return whole.dictionary_decode() if pa.types.is_dictionary(whole.type) else whole


def _is_text(column: pa.Array) -> bool:
    return pa.types.is_string(column.type) or pa.types.is_large_string(column.type)


def _is_binary(column: pa.Array) -> bool:
    return pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)
