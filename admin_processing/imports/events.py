"""Splits and dividends as a provider tells them, so that jumps are explained and bars adjusted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from admin_processing.providers.base import DividendRow, Provider, SplitRow
from market.calendar import to_ms
from patterns import daily_plan

SPLITS = """
INSERT INTO splits AS had (symbol, execution_date, split_from, split_to)
SELECT DISTINCT ON (symbol, day) symbol, day, split_from, split_to
FROM unnest(%s::text[], %s::date[], %s::float8[], %s::float8[])
    AS given(symbol, day, split_from, split_to)
WHERE split_from > 0 AND split_to > 0
ORDER BY symbol, day
ON CONFLICT (symbol, execution_date) DO UPDATE SET split_from = excluded.split_from,
    split_to = excluded.split_to
WHERE (had.split_from, had.split_to) <> (excluded.split_from, excluded.split_to)
RETURNING symbol, execution_date
"""
DIVIDENDS = """
INSERT INTO dividends (symbol, ex_date, cash_amount, kind, pay_date, currency)
SELECT * FROM unnest(%s::text[], %s::date[], %s::float8[], %s::text[], %s::date[], %s::text[])
    AS given(symbol, ex_date, cash_amount, kind, pay_date, currency)
WHERE cash_amount > 0
ON CONFLICT DO NOTHING
RETURNING symbol, ex_date
"""


def read(
    provider: Provider, first: date, last: date, symbols: Collection[str] = ()
) -> tuple[list[SplitRow], list[DividendRow]]:
    """What happened in these days to these symbols, or to all. Raises ProviderError."""
    chosen = set(symbols)
    splits = [row for row in provider.splits(first, last) if not chosen or row.symbol in chosen]
    paid = provider.dividends(first, last)
    return splits, [row for row in paid if not chosen or row.symbol in chosen]


def save(cursor: Any, splits: Iterable[SplitRow], dividends: Iterable[DividendRow]) -> int:
    """Store what is new or was told otherwise; how many rows that were.

    What was analysed of bars from those days on did not know of it: it is to be done again.
    """
    written: list[tuple[str, date]] = []
    if shares := [(s.symbol, s.execution_date, s.split_from, s.split_to) for s in splits]:
        cursor.execute(SPLITS, _columns(shares))
        written += cursor.fetchall()
    paid = [(d.symbol, d.ex_date, d.cash_amount, d.kind, d.pay_date, d.currency) for d in dividends]
    if paid:
        cursor.execute(DIVIDENDS, _columns(paid))
        written += cursor.fetchall()
    firsts: dict[str, int] = {}
    for symbol, day in sorted(written, reverse=True):
        firsts[symbol] = to_ms(datetime.combine(day, time(), UTC))
    if firsts:
        daily_plan.spoil(cursor, list(firsts), list(firsts.values()))
    return len(written)


def _columns(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
