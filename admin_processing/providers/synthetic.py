"""The synthetic market's past: the same daily bars that `streaming.daily_seed` gives the stream."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
from django.conf import settings

from admin_processing.providers import columns, missing
from admin_processing.providers.base import (
    DAY,
    BarBatch,
    BarsAlone,
    ProviderRefused,
    SymbolRow,
    Unit,
    Wanted,
)
from admin_processing.providers.missing import Span
from market.calendar import MarketCalendar, Session, configured_calendar
from market.universes import constituents
from streaming.daily_seed import day_ms
from streaming.feeds.synthetic.history import daily_history

SYMBOLS_AT_ONCE = 25


class SyntheticProvider(BarsAlone):
    """Implements `providers.base.Provider`. There were no splits and no dividends."""

    name = "synthetic"
    is_adjusted = False

    def __init__(self, seed: int, hours: MarketCalendar) -> None:
        self._seed, self._hours = seed, hours

    def units(self, wanted: Wanted) -> list[Unit]:
        """Blocks of symbols that lack the same days. Raises ProviderRefused for minutes."""
        if wanted.timeframe != DAY:
            raise ProviderRefused(
                "the synthetic market's minutes are not kept: the stream makes them, "
                "SYNTHETIC_HISTORY_MINUTES of them at its first start"
            )
        alike: dict[Span, list[str]] = defaultdict(list)
        for symbol, spans in missing.spans(wanted, self._hours).items():
            for span in spans:
                alike[span].append(symbol)
        return [
            _unit(names[at : at + SYMBOLS_AT_ONCE], span)
            for span, names in alike.items()
            for at in range(0, len(names), SYMBOLS_AT_ONCE)
        ]

    def bars(self, unit: Unit) -> Iterator[BarBatch]:
        """One batch, symbol by symbol."""
        first, last = date.fromisoformat(unit["first"]), date.fromisoformat(unit["last"])
        sessions = [s for s in self._hours.sessions if first <= s.day <= last]
        if sessions:
            yield self._made(unit["symbols"], sessions)

    def _made(self, symbols: Sequence[str], sessions: Sequence[Session]) -> BarBatch:
        times = [(session.open_ms, session.close_ms) for session in sessions]
        history = daily_history(symbols, times, self._seed)
        rows = len(symbols) * len(sessions)
        prices = {
            name: getattr(history, name).T.reshape(-1)
            for name in ("open", "high", "low", "close", "volume")
        }
        return BarBatch(
            symbol=np.repeat(columns.names(symbols), len(sessions)),
            time_ms=np.tile([day_ms(session) for session in sessions], len(symbols)),
            vwap=columns.no_vwap(rows),
            trade_count=columns.no_counts(rows),
            **prices,
        )

    def symbols(self, names: Sequence[str] = ()) -> Iterator[SymbolRow]:
        """The names of real companies, whose prices are made up."""
        for known in constituents():
            if not names or known.symbol in names:
                yield SymbolRow(
                    known.symbol,
                    known.name,
                    "stock",
                    sector=known.sector,
                    industry=known.industry,
                )


def make() -> SyntheticProvider:
    """From the settings: the market that the stream shows with the same seed."""
    return SyntheticProvider(settings.SYNTHETIC_SEED, configured_calendar())


def _unit(symbols: Sequence[str], span: Span) -> Unit:
    name = symbols[0] if len(symbols) == 1 else f"{symbols[0]} to {symbols[-1]}"
    days = {"first": span[0].isoformat(), "last": span[1].isoformat()}
    return {"name": f"{name}, from {span[0]}", "symbols": list(symbols)} | days
