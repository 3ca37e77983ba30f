"""Bars and the place they were made up to: one transaction, that never goes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from django.db import connection

from market.models import DailyBar, MinuteBar
from streaming import positions, store
from streaming.aggregate import Aggregator
from streaming.positions import Overtaken, Position
from streaming.slots import MinuteBars
from streaming.ticks import SymbolTable
from tests.streaming.entries import MINUTE_MS, NOON_MS, clock, ticks, trade

pytestmark = pytest.mark.django_db

PLACE = Position("test", 0, "epoch", "replay", "5-0", "4-0", "1-0", NOON_MS, NOON_MS)
SYMBOLS = SymbolTable(["AAPL", "BRK.B"])


def minute(*prices: float, partial: bool = False) -> MinuteBars:
    aggregator = Aggregator()
    for number, price in enumerate(prices):
        aggregator.apply(ticks(number + 1, trade(number, price), trade(number, 1.0, symbol=1)))
    (bars,) = aggregator.apply(clock(99, 61)).closed
    bars.is_partial[:] = partial
    return bars


def saved() -> list[tuple[object, ...]]:
    return list(
        MinuteBar.objects.order_by("symbol").values_list(
            "symbol", "open", "high", "low", "close", "volume", "is_partial", "source"
        )
    )


def test_a_place_is_read_back_as_it_was_saved() -> None:
    assert positions.load("test", 0) is None
    with connection.cursor() as cursor:
        positions.save(cursor, PLACE)
    assert positions.load("test", 0) == PLACE
    assert PLACE.journal.stream == "tickstock:journal:test:epoch:0"


def test_a_place_goes_forward_in_numbers_not_in_letters() -> None:
    with connection.cursor() as cursor:
        positions.save(cursor, replace(PLACE, applied_id="9-9"))
        positions.save(cursor, replace(PLACE, applied_id="10-1"))
        positions.save(cursor, replace(PLACE, applied_id="10-1"))
        with pytest.raises(Overtaken, match="another process has stored more"):
            positions.save(cursor, replace(PLACE, applied_id="9-10"))
        positions.save(cursor, replace(PLACE, epoch="next", applied_id="0-0"))
    assert positions.load("test", 0) == replace(PLACE, epoch="next", applied_id="0-0")


def test_a_minute_is_stored_with_its_place_and_replaced_by_a_later_save() -> None:
    assert store.save_minute(connection, [minute(5.0, partial=True)], SYMBOLS, PLACE) == 2
    assert saved()[0] == ("AAPL", 5.0, 5.0, 5.0, 5.0, 100.0, True, "replay")
    further = replace(PLACE, applied_id="6-0")
    assert store.save_minute(connection, [minute(5.0, 7.0)], SYMBOLS, further) == 2
    assert saved()[0] == ("AAPL", 5.0, 7.0, 5.0, 7.0, 200.0, False, "replay")
    assert positions.load("test", 0) == further
    assert MinuteBar.objects.count() == 2


def test_a_stream_that_was_overtaken_stores_no_bar() -> None:
    store.save_minute(connection, [], SYMBOLS, replace(PLACE, applied_id="7-0"))
    with pytest.raises(Overtaken):
        store.save_minute(connection, [minute(5.0)], SYMBOLS, PLACE)
    assert saved() == []


def test_a_bar_without_volume_has_no_vwap() -> None:
    aggregator = Aggregator()
    aggregator.apply(ticks(1, trade(1, 5.0, flags=3)))
    store.save_minute(connection, aggregator.apply(clock(2, 61)).closed, SYMBOLS, PLACE)
    assert MinuteBar.objects.values_list("vwap", "volume").get() == (None, 0.0)


def test_minutes_without_bars_store_the_place_alone() -> None:
    empty = Aggregator()
    empty.apply(ticks(1, trade(1, flags=4)))
    (bars,) = empty.apply(clock(2, 61)).closed
    assert store.save_minute(connection, [bars], SYMBOLS, PLACE) == 0
    assert positions.load("test", 0) == PLACE


def test_another_sources_bars_are_refused_by_name() -> None:
    store.save_minute(connection, [minute(5.0)], SYMBOLS, PLACE)
    with connection.cursor() as cursor:
        store.refuse_mixing(cursor, "replay")
        with pytest.raises(store.MixedSources, match="purge --source replay"):
            store.refuse_mixing(cursor, "massive")


def test_bars_are_stored_at_the_start_of_their_minute() -> None:
    store.save_minute(connection, [minute(5.0)], SYMBOLS, PLACE)
    start = MinuteBar.objects.first().timestamp.timestamp() * 1000
    assert (start, np.int64(start) % MINUTE_MS) == (NOON_MS, 0)


def test_a_made_up_past_does_not_come_to_imported_days() -> None:
    day = dict.fromkeys(("open", "high", "low", "close", "volume"), 1.0)
    DailyBar.objects.create(
        symbol="AAPL", timestamp=datetime(2026, 11, 20, tzinfo=UTC), source="folder", **day
    )
    with connection.cursor() as cursor:
        store.refuse_mixing(cursor, "massive")
        with pytest.raises(store.MixedSources, match="purge --source folder"):
            store.refuse_mixing(cursor, "synthetic")
