"""A real market of five symbols for tests: streamed by an analyst, or as a provider has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db import connection

from admin_processing.providers.base import BarBatch
from market.calendar import calendar, from_ms
from market.models import MinuteBar, RolledBar
from patterns.models import ComboPattern, IndicatorValues, IntradayPattern
from patterns.registry import standard
from patterns.rolled import SessionHours
from streaming.analyst import Analyst
from streaming.counters import Counters
from streaming.models import FeedGap
from streaming.positions import Position
from streaming.ticks import SymbolTable
from tests.patterns.bars import MINUTE, Minute, walk
from tests.patterns.database import SYMBOLS, store_bars

# 2024-07-02 and 03: a Tuesday and a Wednesday, 09:30 in New York.
TUESDAY = 1_719_927_000_000
WEDNESDAY = TUESDAY + 24 * 60 * MINUTE
PRICES = ("open", "high", "low", "close", "vwap")


def minutes(start: int, count: int, seed: int = 1) -> list[Minute]:
    """Complete bars of every symbol, minute after minute."""
    return [
        replace(m, minute_ms=start + n * MINUTE, is_partial=np.zeros(len(m.symbol_id), np.bool_))
        for n, m in enumerate(walk(len(SYMBOLS), count, seed, traded=1.0))
    ]


def batch(made: Sequence[Minute], trades: int = 0) -> BarBatch:
    """The same bars as a provider gives them."""
    names = np.array(SYMBOLS, np.str_)
    columns = {
        name: np.concatenate([getattr(m, name) for m in made])
        for name in ("open", "high", "low", "close", "volume", "vwap")
    }
    counts = [len(m.symbol_id) for m in made]
    return BarBatch(
        np.concatenate([names[m.symbol_id] for m in made]),
        np.repeat(np.array([m.minute_ms for m in made]), counts),
        **columns,
        trade_count=np.full(sum(counts), trades),
    )


class Streamed:
    """Minutes stored and analysed one after the other, as the bars' worker does it live."""

    def __init__(self, source: str = "massive") -> None:
        market = calendar("XNYS")
        hours = SessionHours(market.session_start, market.session_end, market.day_start)
        self.source = source
        self.analyst = Analyst(
            SymbolTable(SYMBOLS),
            standard(),
            hours,
            self,  # type: ignore[arg-type]
            Counters(),
            self,
        )
        self.analyst.recover(Position("massive", 0, "epoch", source))

    def run(self, work: Callable[[Any], Any]) -> Any:
        return work(connection)

    def analysed(self, analyses: Any) -> None:
        pass

    def outbox_filled(self) -> None:
        pass

    def feed(self, made: Sequence[Minute]) -> Streamed:
        for m in made:
            store_bars([m])
            position = replace(self.analyst.position, stored_through_ms=m.minute_ms + MINUTE)
            self.analyst.analyse([], m, position)  # type: ignore[arg-type]
        later = made[-1].minute_ms + 24 * 60 * MINUTE
        self.analyst.advance(later, self.analyst.position)  # as the clock does, until the close
        MinuteBar.objects.update(source=self.source)
        return self


def without(made: Sequence[Minute], missing: range, rows: Sequence[int] = ()) -> list[Minute]:
    """The minutes that a stream with a gap has: of all symbols, or of some."""
    kept = []
    for number, m in enumerate(made):
        if number not in missing:
            kept.append(m)
        elif rows:
            kept.append(m.only(~np.isin(m.symbol_id, rows)))
    return kept


def enter_gap(start_ms: int, end_ms: int, symbols: list[str] | None = None, **more: Any) -> FeedGap:
    """An open entry of the ledger."""
    return FeedGap.objects.create(
        **{"feed": "massive", "cause": "the connection was lost"} | more,
        started_at=from_ms(start_ms),
        ended_at=from_ms(end_ms),
        symbols=symbols,
    )


def bars() -> list[tuple]:
    """All stored minute bars, without what tells how they came there."""
    names = ("symbol", "timestamp", *PRICES, "volume", "is_partial", "source")
    return sorted(MinuteBar.objects.values_list(*names))


def rolled() -> list[tuple]:
    """All stored longer bars."""
    names = ("timeframe", "symbol", "timestamp", *PRICES, "volume", "is_partial")
    return sorted(RolledBar.objects.values_list(*names))


def indicators() -> dict[tuple, list[float]]:
    """The values of each bar, by timeframe, symbol and time."""
    rows = IndicatorValues.objects.values_list("timeframe", "symbol", "timestamp", "values")
    return {tuple(key): values for *key, values in rows}


def detections(model: Any = IntradayPattern) -> list[tuple]:
    """The detections that hold, with their levels and lives, but not when they were seen."""
    names = ("symbol", "timestamp", "detection_key", "direction", "confidence", "price", "life")
    found = []
    for *row, data in model.objects.values_list(*names, "pattern_data"):
        holds = data.pop("holds", True)
        if holds:
            found.append((*row[:-1], row[-1] or [], data))
    return sorted(found, key=str)


def everything() -> dict[str, Any]:
    """What must not depend on how the bars came to be right."""
    return {
        "bars": bars(),
        "rolled": rolled(),
        "detections": detections(),
        "combos": detections(ComboPattern),
    }


def same_indicators(one: dict[tuple, list[float]], other: dict[tuple, list[float]]) -> None:
    """Equal to 1e-9, which is what recursions differ by when they begin anew."""
    assert one.keys() == other.keys()
    for key, values in one.items():
        np.testing.assert_allclose(values, other[key], rtol=1e-9, atol=1e-9, err_msg=str(key))


def clear() -> None:
    """An empty database again."""
    with connection.cursor() as cursor:
        for table in (
            "ohlcv_1min",
            "ohlcv_rolled",
            "intraday_indicator_values",
            "intraday_patterns",
            "combo_patterns",
            "event_outbox",
            "stream_positions",
        ):
            cursor.execute(f"DELETE FROM {table}")


def day(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)
