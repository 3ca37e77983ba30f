"""A unit's rows are stored or listed, all or nothing, and the same when they come again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from admin_processing.imports import unit
from admin_processing.imports.unit import Outcome, Setting
from admin_processing.providers.base import BarBatch
from tests.admin_processing.imports.test_checks import EVENING, ROW, XNYS
from tests.admin_processing.made_provider import MadeProvider, bars, ms

pytestmark = pytest.mark.django_db


@contextmanager
def undone() -> Iterator[Any]:
    """A cursor whose writes are taken back."""
    with transaction.atomic(), connection.cursor() as cursor:
        yield cursor
        transaction.set_rollback(True)


def save(cursor: Any, *batches: BarBatch) -> Outcome:
    setting = Setting(MadeProvider(bars()), "1d", XNYS, EVENING)
    return unit.save(cursor, setting, batches, lambda: None)


def keys(cursor: Any, table: str, *columns: str) -> list[tuple[Any, ...]]:
    names = ", ".join(columns)
    cursor.execute(
        f"SELECT symbol, (extract(epoch FROM timestamp) * 1000)::bigint, {names} FROM {table}"
        " ORDER BY 1, 2"
    )
    return cursor.fetchall()


VALUES = ("open", "high", "low", "close", "volume")


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(ROW, max_size=25))
def test_each_row_that_came_is_stored_or_listed_once_and_none_is_both(rows: Sequence[Any]) -> None:
    with undone() as cursor:
        save(cursor, bars(*rows))
        stored = {row[:2]: row[2:] for row in keys(cursor, "ohlcv_daily", *VALUES)}
        listed = [row[:2] for row in keys(cursor, "rejected_rows", "reason")]
    assert len(set(listed)) == len(listed)
    for symbol, day, *values in rows:
        is_stored = stored.get((symbol, ms(day))) == tuple(values)
        assert is_stored or (symbol, ms(day)) in listed
    came = {(symbol, ms(day), *values) for symbol, day, *values in rows}
    assert {(*key, *values) for key, values in stored.items()} <= came
    for key in set(listed) & set(stored):
        versions = {tuple(map(repr, row[2:])) for row in rows if (row[0], ms(row[1])) == key}
        assert len(versions) > 1


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(ROW, max_size=25))
def test_the_same_rows_again_change_nothing(rows: Sequence[Any]) -> None:
    with undone() as cursor:
        save(cursor, bars(*rows))
        before = both(cursor)
        assert save(cursor, bars(*rows)).saved.written == 0
        assert both(cursor) == before


def both(cursor: Any) -> tuple[Any, ...]:
    aside = keys(cursor, "rejected_rows", "reason", "detail", "resolved_at")
    return keys(cursor, "ohlcv_daily", *VALUES, "revision"), aside


def test_batches_of_one_unit_are_judged_beside_each_other() -> None:
    first = bars(("A", "2026-11-16", 10, 11, 9, 10, 5))
    second = bars(("A", "2026-11-17", 100, 110, 90, 100, 5))
    with undone() as cursor:
        assert save(cursor, first, second).listed == {"jump": 1}


def test_a_slow_source_is_read_before_a_transaction_begins() -> None:
    calls = []
    held = bars(("A", "2026-11-16", 10, 11, 9, 10, 5))
    provider = MadeProvider(held)
    asked = {"name": "A", "symbols": ["A"], "first": "2026-11-16", "last": "2026-11-16"}
    batches = unit.read(Setting(provider, "1d", XNYS, EVENING), asked, lambda: calls.append(1))
    assert (provider.read, len(calls)) == (["A"], 1)
    assert [len(batch) for batch in batches] == [1]
