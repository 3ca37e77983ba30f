"""What Massive's REST API answers, as columns and rows. Pure; bytes in.

An answer that is no JSON of the expected form is a BrokenAnswer. Within a good answer a row's
fields may be anything: those of bars become what the import sets aside (`providers.columns`), a
split or dividend that can not be read is left out and counted.

Times: an aggregate's `t` is its window's start in Unix ms, for a day 00:00 in New York; the
grouped answer's is the window's end, 16:00 in New York. Either way the bar's day is the date then.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
import numpy as np

from admin_processing.providers import columns
from admin_processing.providers.base import (
    DAY,
    BarBatch,
    DividendRow,
    Floats,
    Ints,
    MarketDay,
    SplitRow,
    SymbolRow,
)
from market.calendar import DAY_MS

logger = logging.getLogger(__name__)
T = TypeVar("T")
Row = Mapping[str, Any]
Fits64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]

ASSET_TYPES = {"CS": "stock", "ADRC": "adr", "ETF": "etf", "PFD": "preferred"}
US_EXCHANGES = ("NYSE", "NASDAQ")
CLOSED = "closed"
UNUSUAL = (CLOSED, "early-close")
TRADING = ("open", "extended-hours")
LONGEST_COMPLAINT = 200


class BrokenAnswer(ValueError):
    """These bytes are no answer: cut off, or something else altogether."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of an answer, and where it goes on; empty at its end."""

    rows: T
    next_url: str = ""


class Aggregate(msgspec.Struct, gc=False):
    """One bar as it is sent."""

    o: float = math.nan
    h: float = math.nan
    l: float = math.nan  # noqa: E741 -- the field's name
    c: float = math.nan
    v: float = math.nan
    t: Fits64 = columns.BAD_TIME_MS
    vw: float = math.nan
    n: Fits64 = 0
    T: str = ""


class Aggregates(msgspec.Struct):
    """An answer of bars; `results` is left out where there are none."""

    results: list[Aggregate] = []
    next_url: str = ""


_decoder = msgspec.json.Decoder(Aggregates)


def aggregates(body: bytes, symbol: str, timeframe: str) -> Page[BarBatch]:
    """One symbol's bars of a range. Raises BrokenAnswer."""
    rows, next_url = _aggregates(body)
    time_ms = _times(rows)
    starts = columns.day_starts(time_ms) if timeframe == DAY else time_ms
    return Page(_batch(rows, np.full(len(rows), symbol), starts), next_url)


def grouped(body: bytes, day: date) -> Page[BarBatch]:
    """All symbols' bars of one day; rows of another day have no time. Raises BrokenAnswer."""
    rows, next_url = _aggregates(body)
    starts = columns.day_starts(_times(rows))
    asked = int(np.datetime64(day, "D").astype(np.int64)) * DAY_MS
    starts[starts != asked] = columns.BAD_TIME_MS
    return Page(_batch(rows, columns.names(row.T for row in rows), starts), next_url)


def tickers(body: bytes) -> Page[list[SymbolRow]]:
    """Instruments. Raises BrokenAnswer."""
    return _page(body, _symbol)


def splits(body: bytes) -> Page[list[SplitRow]]:
    """Splits. Raises BrokenAnswer."""
    return _page(body, _split)


def dividends(body: bytes) -> Page[list[DividendRow]]:
    """Dividends. Raises BrokenAnswer."""
    return _page(body, _dividend)


def closed_days(body: bytes) -> dict[date, MarketDay]:
    """The days ahead that are unlike others, of the stock exchanges. Raises BrokenAnswer."""
    answer = _json(body)
    if not isinstance(answer, list):
        raise BrokenAnswer("the answer is no list of days")
    told = [_unlike_others(row) for row in answer if isinstance(row, dict)]
    return {day.day: day for day in told if day is not None}


def trading_now(body: bytes) -> date | None:
    """The day on which the market trades right now; None while it does not. Raises BrokenAnswer."""
    answer = _object(body)
    if answer.get("market") not in TRADING:
        return None
    try:
        return datetime.fromisoformat(_text(answer.get("serverTime"))).date()
    except ValueError:
        return None


def complaint(body: bytes) -> str:
    """What an answer that is none says of the reason; never raises."""
    try:
        answer = _object(body)
    except BrokenAnswer:
        return ""
    words = answer.get("error") or answer.get("message") or answer.get("status")
    return " ".join(_text(words).split())[:LONGEST_COMPLAINT]


def _unlike_others(row: Row) -> MarketDay | None:
    day, status = _date(row.get("date")), row.get("status")
    if day is None or row.get("exchange") not in US_EXCHANGES or status not in UNUSUAL:
        return None
    return MarketDay(day, status != CLOSED, f"{_text(row.get('name'))} ({status})")


def _aggregates(body: bytes) -> tuple[list[Aggregate], str]:
    try:
        answer = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _odd_aggregates(body)
    return answer.results, answer.next_url


def _odd_aggregates(body: bytes) -> tuple[list[Aggregate], str]:
    """The same, field by field: something in it is not as documented."""
    rows, next_url = _results(body)
    return [_aggregate(row if isinstance(row, dict) else {}) for row in rows], next_url


def _aggregate(row: Row) -> Aggregate:
    values = {name: columns.number(row.get(name)) for name in ("o", "h", "l", "c", "v", "vw")}
    time_ms = columns.whole(row.get("t"), columns.BAD_TIME_MS)
    count = columns.whole(row.get("n", 0), columns.BAD_COUNT)
    return Aggregate(**values, t=time_ms, n=count, T=columns.name(row.get("T")))


def _times(rows: list[Aggregate]) -> Ints:
    return np.array([row.t for row in rows], np.int64)


def _batch(rows: list[Aggregate], symbol: Any, time_ms: Ints) -> BarBatch:
    def column(read: Callable[[Aggregate], float]) -> Floats:
        return np.array([read(row) for row in rows], np.float64)

    return BarBatch(
        symbol=symbol,
        time_ms=time_ms,
        open=column(lambda row: row.o),
        high=column(lambda row: row.h),
        low=column(lambda row: row.l),
        close=column(lambda row: row.c),
        volume=column(lambda row: row.v),
        vwap=column(lambda row: row.vw),
        trade_count=np.array([row.n for row in rows], np.int64),
    )


def _page(body: bytes, read: Callable[[Row], T | None]) -> Page[list[T]]:
    rows, next_url = _results(body)
    found = [read(row) if isinstance(row, dict) else None for row in rows]
    good = [row for row in found if row is not None]
    if len(good) < len(found):
        logger.warning("%d of %d rows can not be read", len(found) - len(good), len(found))
    return Page(good, next_url)


def _symbol(row: Row) -> SymbolRow | None:
    symbol = columns.name(row.get("ticker"))
    if not symbol:
        return None
    kind = _text(row.get("type"))
    return SymbolRow(
        symbol=symbol,
        name=_text(row.get("name")),
        asset_type=ASSET_TYPES.get(kind, kind.lower()),
        exchange=_text(row.get("primary_exchange")),
        currency=_text(row.get("currency_name")).upper(),
        active=row.get("active") is not False,
        delisted_on=_date(row.get("delisted_utc")),
    )


def _split(row: Row) -> SplitRow | None:
    symbol, day = columns.name(row.get("ticker")), _date(row.get("execution_date"))
    old, new = columns.number(row.get("split_from")), columns.number(row.get("split_to"))
    if not symbol or day is None or not (_is_positive(old) and _is_positive(new)):
        return None
    return SplitRow(symbol, day, old, new)


def _dividend(row: Row) -> DividendRow | None:
    symbol, day = columns.name(row.get("ticker")), _date(row.get("ex_dividend_date"))
    cash = columns.number(row.get("cash_amount"))
    if not symbol or day is None or not _is_positive(cash):
        return None
    kind, currency = _text(row.get("dividend_type")), _text(row.get("currency")).upper()
    return DividendRow(symbol, day, cash, kind, _date(row.get("pay_date")), currency)


def _is_positive(value: float) -> bool:
    return math.isfinite(value) and value > 0


def _date(value: Any) -> date | None:
    """The date that a text begins with."""
    try:
        return date.fromisoformat(_text(value)[:10])
    except ValueError:
        return None


def _text(value: Any) -> str:
    """A text that can be stored: without half characters and zero bytes, and not endless."""
    if not isinstance(value, str):
        return ""
    return value[:1000].replace("\0", "").encode("utf-8", "replace").decode()


def _results(body: bytes) -> tuple[Iterable[Any], str]:
    answer = _object(body)
    results, next_url = answer.get("results"), answer.get("next_url")
    if results is not None and not isinstance(results, list):
        raise BrokenAnswer("the answer's results are no list")
    return results or [], next_url if isinstance(next_url, str) else ""


def _object(body: bytes) -> dict[str, Any]:
    answer = _json(body)
    if not isinstance(answer, dict):
        raise BrokenAnswer("the answer is no JSON object")
    return answer


def _json(body: bytes) -> Any:
    """Python's own reader: it takes numbers that others refuse, for one field of one row."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BrokenAnswer("the answer is no JSON, or cut off") from None
