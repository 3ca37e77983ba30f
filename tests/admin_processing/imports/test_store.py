"""Good bars into the database: what is new, what came otherwise, what was there."""

from __future__ import annotations

import math
from typing import Any

import pytest
from django.db import connection

from admin_processing.imports import store
from admin_processing.imports.store import Saved
from admin_processing.providers.base import BarBatch
from market.models import DailyBar
from tests.admin_processing.made_provider import bars

pytestmark = pytest.mark.django_db

GOOD = (10.0, 11.0, 9.0, 10.5, 1000.0)
OTHER = (10.0, 11.0, 9.0, 10.6, 1000.0)


def save(batch: BarBatch, source: str = "massive") -> Saved:
    with connection.cursor() as cursor:
        return store.save(cursor, "1d", source, batch)


def row(symbol: str = "A") -> tuple[Any, ...]:
    names = ("close", "vwap", "trade_count", "revision", "source")
    return DailyBar.objects.filter(symbol=symbol).values_list(*names).get()


def test_new_rows_changed_ones_and_those_that_are_there_are_told_apart():
    first = [("A", "2026-11-16", *GOOD), ("B", "2026-11-16", *GOOD)]
    assert save(bars(*first)) == Saved(inserted=2)
    again = [("A", "2026-11-16", *OTHER), first[1], ("C", "2026-11-16", *GOOD)]
    assert save(bars(*again)) == Saved(inserted=1, changed=1, unchanged=1)
    assert row() == (10.6, None, 0, 1, "massive")
    assert save(bars(*again)) == Saved(unchanged=3)


def test_rows_with_and_without_vwap_come_in_together():
    save(bars(("A", "2026-11-16", *GOOD, 10.2, 5), ("B", "2026-11-16", *GOOD)))
    assert row("A")[1:3] == (10.2, 5)
    assert row("B")[1:3] == (None, 0)


def test_a_vwap_that_comes_later_is_added():
    save(bars(("A", "2026-11-16", *GOOD)))
    assert save(bars(("A", "2026-11-16", *GOOD, 10.2, 5))) == Saved(changed=1)
    assert row() == (10.5, 10.2, 5, 1, "massive")


def test_the_vwap_of_other_prices_is_not_kept():
    save(bars(("A", "2026-11-16", *GOOD, 10.2, 5)))
    save(bars(("A", "2026-11-16", *OTHER, math.nan, 0)))
    assert row() == (10.6, None, 0, 1, "massive")


def test_an_equal_bar_stays_its_first_sources_and_another_becomes_the_newer_ones():
    save(bars(("A", "2026-11-16", *GOOD)), "folder")
    assert save(bars(("A", "2026-11-16", *GOOD))) == Saved(unchanged=1)
    assert row()[-1] == "folder"
    save(bars(("A", "2026-11-16", *OTHER)))
    assert row()[-1] == "massive"


def test_a_bar_that_somebody_stores_just_before_the_copy_is_compared_after_all(monkeypatch):
    save(bars(("A", "2026-11-16", *GOOD)))
    monkeypatch.setattr(store, "ANY_STORED", "SELECT false /* {table} */")
    batch = bars(("A", "2026-11-16", *OTHER), ("B", "2026-11-16", *GOOD))
    assert save(batch) == Saved(inserted=1, changed=1)
    assert row() == (10.6, None, 0, 1, "massive")
